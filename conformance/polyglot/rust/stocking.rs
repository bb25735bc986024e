//! One end of a connection, safe for threads: one of them receives, one sends, so that neither
//! holds up the other.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::message::Message;
use crate::wire::{frame, Decoder};

/// How long a close may take to deliver what was written.
const LINGER: Duration = Duration::from_secs(5);

/// What an application asks for and cannot have.
#[derive(Clone, Copy, Debug)]
pub enum Refused {
    NotReady,
    Ended,
}

#[derive(Default)]
pub struct State {
    inbox: VecDeque<Message>,
    outbox: VecDeque<Arc<Vec<u8>>>, // the first is being sent
    handshaken: bool,
    vain: bool,     // the handshake has noticed the end: never to be ready
    finished: bool, // nothing more comes in
    sent: bool,     // nothing more can go out
    closing: bool,
    threads: u32, // that have not ended yet
    end: &'static str,
    cause: Option<&'static str>,
}

impl State {
    pub fn ended(&self) -> bool {
        self.closing || (self.finished && self.sent)
    }

    pub fn active(&self) -> bool {
        !self.closing && !(self.ended() && self.inbox.is_empty())
    }

    pub fn ready(&self) -> bool {
        self.handshaken && self.active()
    }

    pub fn queued(&self) -> bool {
        !self.outbox.is_empty() && !self.sent
    }

    /// Why the connection has ended: the first reason that there was.
    pub fn cause(&self) -> Option<&'static str> {
        self.cause.filter(|_| self.ended())
    }

    fn push(&mut self, message: &Message) -> Result<(), Refused> {
        if self.sent || self.closing {
            return Err(Refused::Ended);
        }
        self.outbox.push_back(Arc::new(frame(message)));
        Ok(())
    }
}

pub struct Stocking {
    stream: TcpStream,
    state: Mutex<State>,
    changed: Condvar,
}

impl Stocking {
    /// Takes a connected socket; with a handshake to come, which calls `complete` at its end.
    pub fn start(stream: TcpStream, handshake: bool) -> Arc<Stocking> {
        let state = State { handshaken: !handshake, threads: 2, ..State::default() };
        let stocking =
            Arc::new(Stocking { stream, state: Mutex::new(state), changed: Condvar::new() });
        for run in [Stocking::receive, Stocking::send] {
            let it = Arc::clone(&stocking);
            thread::spawn(move || {
                run(&it);
                it.change(|state| state.threads -= 1);
            });
        }
        stocking
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Changes the state and lets everybody look who waits for something of it.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let outcome = change(&mut self.state());
        self.changed.notify_all();
        outcome
    }

    /// Waits until something comes about, at most until then; says whether it did.
    pub fn wait(&self, until: Option<Instant>, holds: impl Fn(&State) -> bool) -> bool {
        let mut state = self.state();
        while !holds(&state) {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            state = match left {
                Some(Duration::ZERO) => return false,
                Some(left) => self.changed.wait_timeout(state, left).unwrap().0,
                None => self.changed.wait(state).unwrap(),
            };
        }
        true
    }

    pub fn write(&self, message: &Message) -> Result<(), Refused> {
        self.change(|state| match state.handshaken {
            true => state.push(message),
            false => Err(Refused::NotReady),
        })
    }

    /// The next message; None if none is there yet, or none can come any more (see `active`).
    pub fn read(&self) -> Result<Option<Message>, Refused> {
        let mut state = self.state();
        match (state.closing, state.handshaken) {
            (true, _) => Ok(None),
            (_, false) => Err(Refused::NotReady),
            _ => Ok(state.inbox.pop_front()),
        }
    }

    /// Whether there is a message to read, or nothing to wait for any more.
    pub fn wait_readable(&self, until: Option<Instant>) -> bool {
        self.wait(until, |state| !state.inbox.is_empty() || !state.active())
    }

    /// For a handshake, which writes before anybody else may.
    pub fn handshake_write(&self, message: &Message) -> Result<(), Refused> {
        self.change(|state| state.push(message))
    }

    /// For a handshake: the next message, or None once none can come any more.
    pub fn handshake_read(&self) -> Option<Message> {
        self.wait_readable(None);
        let mut state = self.state();
        state.vain |= !state.active();
        if state.active() { state.inbox.pop_front() } else { None }
    }

    pub fn complete(&self, content: bool) {
        let ready = self.change(|state| {
            state.handshaken = content && !state.vain && !state.closing;
            state.handshaken
        });
        if !ready {
            self.close("handshake");
        }
    }

    /// Delivers what was written, within LINGER.
    pub fn close(&self, cause: &'static str) {
        self.change(|state| {
            state.closing = true;
            state.cause.get_or_insert(cause);
        });
        self.wait(Some(Instant::now() + LINGER), |state| state.sent && state.finished);
        self.drop_all(cause);
    }

    /// Ends at once; what was not sent yet is lost.
    pub fn abort(&self, cause: &'static str) {
        self.change(|state| state.closing = true);
        self.drop_all(cause);
    }

    fn drop_all(&self, cause: &'static str) {
        self.end(cause);
        self.wait(None, |state| state.threads == 0);
        self.state().inbox.clear();
    }

    fn end(&self, cause: &'static str) {
        self.change(|state| {
            state.cause.get_or_insert(cause);
            (state.finished, state.sent) = (true, true);
            state.outbox.clear();
        });
        // It fails if the other side has reset the connection: then there is nothing to shut down.
        self.stream.shutdown(Shutdown::Both).ok();
    }

    fn receive(&self) {
        let (mut decoder, mut octets, mut messages) = (Decoder::default(), vec![0; 65536], vec![]);
        while !self.state().finished {
            let size = match (&self.stream).read(&mut octets) {
                Ok(size) => size,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(_) => return self.end("reset"),
            };
            let right = decoder.push(&octets[..size], &mut messages).is_ok();
            self.change(|state| {
                if state.closing {
                    messages.clear();
                }
                state.inbox.append(&mut messages.drain(..).collect());
                state.end = if decoder.inside() { "truncated" } else { "eof" };
                state.finished |= size == 0;
            });
            if !right && !self.state().closing {
                self.end("protocol");
            }
        }
        // What is still there is taken, so that the other side need not think it on its way.
        while matches!((&self.stream).read(&mut octets), Ok(1..)) {}
    }

    fn send(&self) {
        loop {
            self.wait(None, |it| it.sent || it.closing || it.finished || !it.outbox.is_empty());
            let mut state = self.state();
            let Some(frame) = state.outbox.front().cloned().filter(|_| !state.sent) else {
                if !state.sent {
                    state.sent = true;
                    let end = state.end;
                    state.cause.get_or_insert(end);
                    self.stream.shutdown(Shutdown::Write).ok(); // as in `end`
                }
                state.outbox.clear();
                return self.changed.notify_all();
            };
            drop(state);
            if (&self.stream).write_all(&frame).is_err() {
                return self.end("reset");
            }
            self.change(|state| state.outbox.pop_front());
        }
    }
}
