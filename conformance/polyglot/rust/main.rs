//! An adapter (conformance/ADAPTERS.md) around an implementation in Rust: lines from stdin, or a
//! mirror. A String of this language has no surrogates.

mod adapter;
mod json;
mod message;
mod script;
mod sizes;
mod stocking;
mod wire;
mod words;

use std::io::{BufRead, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::exit;
use std::sync::Arc;
use std::thread;

use adapter::Adapter;
use json::Json;
use stocking::Stocking;
use words::No;

const LINE_LIMIT: usize = 1 << 20;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        [] => drive(),
        ["--mirror", "--connect", to] => mirror(TcpStream::connect(to).unwrap()),
        ["--mirror", "--listen", port] => {
            let listener = TcpListener::bind(format!("127.0.0.1:{port}")).unwrap();
            println!("listening 127.0.0.1 {}", listener.local_addr().unwrap().port());
            mirror(listener.accept().unwrap().0)
        }
        _ => exit(89),
    }
}

fn mirror(stream: TcpStream) {
    let stocking = Stocking::start(stream, false);
    while stocking.wait_readable(None) && stocking.state().active() {
        if let Ok(Some(message)) = stocking.read() {
            // Who does not listen any more is no business of a mirror.
            stocking.write(&message.reversed()).ok();
        }
    }
    stocking.close("closed");
}

fn drive() {
    let (adapter, mut input) = (Arc::new(Adapter::default()), std::io::stdin().lock());
    let mut line = vec![];
    loop {
        line.clear();
        let size = (&mut input).take(LINE_LIMIT as u64 + 1).read_until(b'\n', &mut line).unwrap();
        if size == 0 {
            exit(0);
        }
        if line.pop() != Some(b'\n') {
            if size > LINE_LIMIT {
                input.skip_until(b'\n').unwrap();
                answer(Json::Null, Err(No::Fault("the line is too long".to_string())));
            }
            continue; // else the end of stdin inside a line
        }
        let request = std::str::from_utf8(&line).ok().and_then(Json::parse);
        let Some(request) = request.filter(|it| it.get("id").and_then(Json::int).is_some()) else {
            let message = "the line is no JSON object with an integer id";
            answer(Json::Null, Err(No::Fault(message.to_string())));
            continue;
        };
        let adapter = Arc::clone(&adapter);
        thread::spawn(move || {
            let outcome = adapter.obey(&request);
            let bye = outcome.is_ok() && request.get("do") == Some(&"bye".into());
            answer(request.get("id").unwrap().clone(), outcome);
            if bye {
                exit(0);
            }
        });
    }
}

fn answer(id: Json, outcome: Result<Json, No>) {
    let (key, value) = match outcome {
        Ok(value) => ("ok", value),
        Err(No::Raised(facts)) => ("raised", facts),
        Err(No::Unsupported(word)) => ("unsupported", Json::Text(word)),
        Err(No::Fault(message)) => ("fault", object! { "message": message.as_str() }),
    };
    let line = format!("{{\"id\": {id}, \"{key}\": {value}}}\n");
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap_or_else(|_| exit(0));
}
