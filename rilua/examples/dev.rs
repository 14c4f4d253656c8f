fn main() { let p = std::env::args().nth(1).unwrap(); let h = std::thread::Builder::new().stack_size(256<<20).spawn(move || rilua::dev::run(&p)).unwrap(); std::process::exit(h.join().unwrap()); }
