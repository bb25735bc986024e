//! The adapter of $name: requests become calls of your implementation.
//!
//! What is in protocol.rs is alike for everybody. What is not here yet are the verbs.
//! conformance/ADAPTERS.md says what each of them does, and
//! `python -m harness smoke $name --peers peers.toml --first` which one to write next.
#![allow(unused)] // until you use it all

mod protocol;

use protocol::{describe, fault, get, list, message, number, quoted, seconds, serve, text};
use protocol::{unsupported, Object, Outcome, Verb, BYE};
use std::{env, process};

/// What protocol.rs makes of the messages of a request, and describes in an answer. If your
/// implementation has such a type, let this be the name of that one.
pub enum Message {
    Text(String),
    Bytes(Vec<u8>),
}

impl Message {
    /// Its kind and its octets.
    pub fn parts(&self) -> (&'static str, &[u8]) {
        match self {
            Message::Text(text) => ("text", text.as_bytes()),
            Message::Bytes(octets) => ("bytes", octets),
        }
    }
}

/// Connections and listeners by name, in a Mutex each, may be statics here. A verb is its name, the
/// keys that it knows, separated by blanks, and a function that gets the request and gives the
/// members of `ok`. These are to come:
///   hello (protocol)                                   listen ()
///   open (conn flavour within connect accept)          write (conn messages)
///   read (conn count within)                           state (conn)
///   wait (conn for within)                             close (conn listener)
///   discard (conn)
const VERBS: &[Verb] = &[
    BYE, // answers, and ends the process
];

fn main() { serve(VERBS) }
