//! Lua 5.1.1 in safe Rust.
#![forbid(unsafe_code)]

pub mod bytecode;
pub mod compiler;
pub mod limits;
pub mod number;
pub mod stdlib;
pub mod syntax;

pub(crate) mod heap;
pub(crate) mod vm;
pub mod dev {
    pub fn run(path: &str) -> i32 {
        let mut s = crate::vm::State::new();
        s.max_rust_depth = 10000;
        if crate::stdlib::open_all(&mut s).is_err() { return 9; }
        let t = std::fs::read(path).unwrap();
        let r = s.load_bytes(&t, format!("@{path}").as_bytes());
        if r.is_err() { let v = s.pop(); let mut o = vec![]; s.append_text(v, &mut o); eprintln!("load: {}", String::from_utf8_lossy(&o)); return 1; }
        let top = s.heap.thread.top - 1;
        if let Err(_) = s.protect(top, 0, |s| s.call(0, 0)) { let v = s.pop(); let mut o = vec![]; s.append_text(v, &mut o); eprintln!("error: {}", String::from_utf8_lossy(&o)); return 1; }
        0
    }
}
