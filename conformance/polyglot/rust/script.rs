//! A handshake that is data, and what came of it.

use std::sync::{Arc, Mutex};

use crate::json::Json;
use crate::object;
use crate::stocking::{Refused, Stocking};
use crate::message::Message;
use crate::words::{describe, fault, known, message, need, unsupported, Outcome};

pub enum Step {
    Send(Message),
    Take(Option<Message>), // and if there is one, it has to be this
    Drain,
    Hold,
    Return(bool),
    Raise,
}

/// Checks the steps of a request.
pub fn steps(what: &Json) -> Outcome<Vec<Step>> {
    let Some(list) = what.list() else { return fault("a handshake is a list of steps") };
    list.iter().map(step).collect()
}

fn step(what: &Json) -> Outcome<Step> {
    known(what, &["do"], &["message", "value"])?;
    let given = |key| known(what, &["do", key], &[]).map(|()| what.get(key).expect("known"));
    let plain = |step| known(what, &["do"], &[]).map(|()| step);
    match need(what, "do", Json::text)? {
        "send" => given("message").and_then(message).map(Step::Send),
        "expect" => given("message").and_then(message).map(|it| Step::Take(Some(it))),
        "return" => given("value").map(|value| Step::Return(*value == Json::Bool(true))),
        "receive" => plain(Step::Take(None)),
        "drain" => plain(Step::Drain),
        "hold" => plain(Step::Hold),
        "raise" => plain(Step::Raise),
        word => unsupported(word),
    }
}

/// What came of a script so far.
#[derive(Default)]
pub struct Facts {
    pub state: &'static str,
    received: Vec<Json>,
    returned: Option<bool>,
    raised: Option<&'static str>,
    pub released: u32,
}

impl Facts {
    pub fn new(running: bool) -> Facts {
        Facts { state: if running { "running" } else { "none" }, ..Facts::default() }
    }

    pub fn json(&self) -> Json {
        object! {
            "state": self.state, "received": Json::List(self.received.clone()),
            "returned": self.returned.map_or(Json::Null, Json::Bool), "raised": self.raised,
        }
    }
}

/// Runs the steps, as the handshake of the connection.
pub fn play(stocking: &Arc<Stocking>, facts: &Mutex<Facts>, steps: &[Step]) {
    let outcome = steps.iter().find_map(|step| match take_step(stocking, facts, step) {
        Ok(None) => None,
        Ok(Some(value)) => Some(Ok(value)),
        Err(name) => Some(Err(name)),
    });
    let outcome = outcome.unwrap_or(Ok(true));
    stocking.change(|_| {
        let mut facts = facts.lock().unwrap();
        (facts.returned, facts.raised) = (outcome.ok(), outcome.err());
        facts.state = "done";
    });
    stocking.complete(outcome == Ok(true));
}

/// Ends the script with what it returns, or with the name of what is raised in it.
fn take_step(
    stocking: &Stocking,
    facts: &Mutex<Facts>,
    step: &Step,
) -> Result<Option<bool>, &'static str> {
    let take = || {
        let message = stocking.handshake_read();
        facts.lock().unwrap().received.extend(message.as_ref().map(describe));
        message
    };
    match step {
        Step::Send(message) => match stocking.handshake_write(message) {
            Ok(()) => Ok(None),
            Err(Refused::NotReady) => Err("NotReady"),
            Err(Refused::Ended) => Err("Ended"),
        },
        Step::Take(wanted) => match (take(), wanted) {
            (None, _) => Ok(Some(false)),
            (Some(got), Some(wanted)) if got != *wanted => Ok(Some(false)),
            _ => Ok(None),
        },
        Step::Drain => {
            while take().is_some() {}
            Ok(None)
        }
        Step::Hold => {
            stocking.wait(None, |_| facts.lock().unwrap().released > 0);
            facts.lock().unwrap().released -= 1;
            Ok(None)
        }
        Step::Return(value) => Ok(Some(*value)),
        Step::Raise => Err("Scripted"),
    }
}
