//! Whose question is answered next: clients take turns, however many questions
//! each has.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Most questions of one client that wait.
const MOST_OF_ONE: usize = 8;

/// Most questions that wait in all.
const MOST: usize = 256;

/// Too many questions wait already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Full;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Client {
    /// A process of this machine.
    Process(i32),
    /// Another machine.
    Machine(IpAddr),
    /// A connection, of which no more is known.
    Connection(u64),
}

/// The queue of all clients.
pub(super) struct Turns {
    state: Mutex<State>,
}

struct State {
    busy: bool,
    /// Clients in the order of their next turns, each with what it waits for.
    queues: VecDeque<(Client, VecDeque<oneshot::Sender<Turn>>)>,
}

/// The right to be answered, until it is dropped.
pub(super) struct Turn {
    turns: Option<Arc<Turns>>,
}

impl Turns {
    /// Nobody waits.
    pub(super) fn new() -> Arc<Self> {
        let state = State { busy: false, queues: VecDeque::new() };
        Arc::new(Self { state: Mutex::new(state) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Questions that wait.
    pub(super) fn waiting(&self) -> usize {
        self.state().queues.iter().map(|(_, queue)| queue.len()).sum()
    }

    /// Waits for a turn. Dropping the future leaves the queue.
    ///
    /// # Errors
    /// Too many wait already.
    pub(super) async fn wait(self: &Arc<Self>, client: Client) -> Result<Turn, Full> {
        let waiting = {
            let mut state = self.state();
            if !state.busy {
                state.busy = true;
                return Ok(Turn { turns: Some(Arc::clone(self)) });
            }
            // Those that gave up count no more.
            for (_, queue) in &mut state.queues {
                queue.retain(|waiting| !waiting.is_closed());
            }
            state.queues.retain(|(_, queue)| !queue.is_empty());
            if state.queues.iter().map(|(_, queue)| queue.len()).sum::<usize>() >= MOST {
                return Err(Full);
            }
            let (sender, waiting) = oneshot::channel();
            match state.queues.iter_mut().find(|(other, _)| *other == client) {
                Some((_, queue)) if queue.len() >= MOST_OF_ONE => return Err(Full),
                Some((_, queue)) => queue.push_back(sender),
                None => state.queues.push_back((client, VecDeque::from([sender]))),
            }
            waiting
        };
        waiting.await.map_err(|_| Full)
    }

    /// The first question of the client whose turn it is. Where it has others,
    /// they wait until all other clients had one.
    fn next(&self) -> Option<oneshot::Sender<Turn>> {
        let mut state = self.state();
        while let Some((client, mut queue)) = state.queues.pop_front() {
            let first = queue.pop_front();
            if !queue.is_empty() {
                state.queues.push_back((client, queue));
            }
            if first.is_some() {
                return first;
            }
        }
        state.busy = false;
        None
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let Some(turns) = self.turns.take() else { return };
        // Sent outside the lock: what is not received is dropped, and comes here.
        while let Some(next) = turns.next() {
            match next.send(Turn { turns: Some(Arc::clone(&turns)) }) {
                Ok(()) => return,
                Err(mut unwanted) => unwanted.turns = None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn one(number: u64) -> Client {
        Client::Connection(number)
    }

    /// Which of two clients is answered when, where the first asked much first.
    #[tokio::test]
    async fn clients_take_turns() {
        let turns = Turns::new();
        let order = Arc::new(Mutex::new(Vec::new()));
        let (greedy, other, third) = (one(1), one(2), one(3));
        let first = turns.wait(greedy).await.unwrap();
        let mut tasks = Vec::new();
        for name in [greedy, greedy, greedy, other, other, third] {
            let (turns, order) = (Arc::clone(&turns), Arc::clone(&order));
            tasks.push(tokio::spawn(async move {
                let _turn = turns.wait(name).await.unwrap();
                order.lock().unwrap().push(name);
            }));
            tokio::task::yield_now().await;
        }
        assert_eq!(turns.waiting(), 6);
        drop(first);
        for task in tasks {
            task.await.unwrap();
        }
        let expected = [greedy, other, third, greedy, other, greedy];
        assert_eq!(*order.lock().unwrap(), expected);
        let free = tokio::time::timeout(Duration::from_secs(1), turns.wait(one(4))).await;
        assert!(free.unwrap().is_ok() && turns.waiting() == 0);
    }

    #[tokio::test]
    async fn who_gives_up_keeps_no_place() {
        let turns = Turns::new();
        let first = turns.wait(one(1)).await.unwrap();
        for _ in 0..100 {
            let gave_up = tokio::time::timeout(Duration::from_millis(1), turns.wait(one(2))).await;
            assert!(gave_up.is_err(), "it got a turn, or was refused for those that are gone");
        }
        drop(first);
        let free = tokio::time::timeout(Duration::from_secs(1), turns.wait(one(3))).await;
        assert!(free.unwrap().is_ok());
    }

    #[tokio::test]
    async fn one_client_can_not_fill_the_queue() {
        let turns = Turns::new();
        let _first = turns.wait(one(1)).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..MOST_OF_ONE {
            let turns = Arc::clone(&turns);
            tasks.spawn(async move { drop(turns.wait(one(1)).await) });
        }
        while turns.waiting() < MOST_OF_ONE {
            tokio::task::yield_now().await;
        }
        assert_eq!(turns.wait(one(1)).await.err(), Some(Full));
        let other = tokio::time::timeout(Duration::from_millis(5), turns.wait(one(2))).await;
        assert!(other.is_err(), "another client waits, and is not refused");
    }
}
