//! The adapter of $name: lines of JSON from stdin become calls of your implementation.
//!
//! What is here, in json.rs and in words.rs is alike for everybody. What is not here yet are the
//! verbs. conformance/ADAPTERS.md says what each of them does, and
//! `python -m harness smoke $name --peers peers.toml --first` which one to write next.
#![allow(dead_code)] // until you use it all

mod json;
mod message;
mod words;

use std::io::{BufRead, Read, Write};
use std::process::exit;
use std::sync::Arc;
use std::thread;

use json::Json;
use words::{known, need, unsupported, No, Outcome};

const LINE_LIMIT: usize = 1 << 20;

/// Your connections and listeners by name, behind a Mutex, go in here.
#[derive(Default)]
struct Adapter {}

/// A verb: it gets the request and returns what `ok` holds.
type Verb = fn(&Adapter, &Json) -> Outcome<Json>;

impl Adapter {
    fn obey(&self, request: &Json) -> Outcome<Json> {
        // The keys that a request must have, those that it may have, and the verb. To come:
        // hello (protocol), listen, open (conn flavour within; connect accept), write (conn
        // messages), read (conn count within), state (; conn), wait (conn for within), close
        // (; conn listener) and discard (conn).
        let (needed, allowed, verb): (&[&str], &[&str], Verb) =
            match need(request, "do", Json::text)? {
                "bye" => (&[], &[], |_, _| Ok(object! {})),
                word => return unsupported(word),
            };
        known(request, &[&["id", "do"], needed].concat(), allowed)?;
        verb(self, request)
    }
}

fn main() {
    if std::env::args().count() > 1 {
        exit(89);
    }
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
