//! Stockings: whole messages over a TCP connection, with a thread for each of its directions.

use std::io::{copy, sink, BufRead, BufReader, ErrorKind, ErrorKind::*, Read, Write};
use std::sync::{mpsc, Arc, Condvar, Mutex, MutexGuard};
use std::{collections::VecDeque, iter::successors, net::Shutdown, net::TcpStream};
use std::{thread, time::Duration};

pub const LARGEST: u128 = 1 << 30; // octets of a message that is taken; a longer one ends it all
const HELD: usize = 1 << 24; // octets that nobody has read from which on no more are received

pub enum Message { Text(String), Bytes(Vec<u8>) }

impl Message {
    pub fn parts(&self) -> (&'static str, &[u8]) {
        match self {
            Message::Text(text) => ("text", text.as_bytes()),
            Message::Bytes(octets) => ("bytes", octets),
        }
    }
}

fn frame(message: &Message) -> Vec<u8> {
    let (kind, payload) = message.parts();
    let mut frame = vec![if kind == "text" { 0 } else { 64 } + (payload.len() % 64) as u8];
    let rests = successors(Some(payload.len() / 64), |rest| Some(rest / 128));
    frame.extend(rests.take_while(|&rest| rest > 0).map(|rest| (rest % 128) as u8));
    *frame.last_mut().unwrap() |= 128;
    frame.extend_from_slice(payload);
    frame
}

/// The next message. What comes instead is no data, an end inside of a frame, or a reset.
fn receive(stream: &mut impl Read) -> Result<Message, ErrorKind> {
    let (mut header, mut octet) = (vec![], [0]);
    while octet[0] < 128 {
        stream.read_exact(&mut octet).map_err(|error| error.kind())?;
        header.push(octet[0]);
        if header.len() > 10 { return Err(InvalidData); }
    }
    let group = |length, octet| length << 7 | u128::from(octet & 127); // 69 bits in the end
    let length = header[1..].iter().rev().fold(0, group) << 6 | u128::from(header[0] & 63);
    if length > LARGEST { return Err(InvalidData); }
    let mut payload = vec![];
    stream.take(length as u64).read_to_end(&mut payload).map_err(|error| error.kind())?;
    if payload.len() < length as usize { return Err(UnexpectedEof); }
    if header[0] & 64 != 0 { return Ok(Message::Bytes(payload)); }
    String::from_utf8(payload).map(Message::Text).map_err(|_| InvalidData)
}

#[derive(Default)]
pub struct State {
    stream: Option<Arc<TcpStream>>,        // while anything is left to be received or sent
    outbox: Option<mpsc::Sender<Vec<u8>>>, // while anything may be written
    inbox: VecDeque<Message>,
    pub queued: usize,                     // frames that are not sent yet
    pub cause: Option<&'static str>,       // of the end
}

impl State {
    pub fn active(&self) -> bool { self.cause.is_none() || !self.inbox.is_empty() }
    fn held(&self) -> usize { self.inbox.iter().map(|it| it.parts().1.len() + 4096).sum() }
}

#[derive(Default)]
pub struct Stocking { state: Mutex<State>, changed: Condvar }

impl Stocking {
    pub fn new(stream: TcpStream) -> Arc<Stocking> {
        let (it, stream) = (Arc::<Stocking>::default(), Arc::new(stream));
        let (running, (outbox, frames)) = (it.clone(), mpsc::channel());
        it.change(|it| (it.stream, it.outbox) = (Some(stream.clone()), Some(outbox)));
        thread::spawn(move || running.run(&stream, frames));
        it
    }

    /// The state as soon as something holds, or when the time is over.
    pub fn when(&self, within: Duration, holds: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let state = self.state.lock().unwrap();
        self.changed.wait_timeout_while(state, within, |it| !holds(it)).unwrap().0
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state.lock().unwrap();
        self.changed.notify_all(); // who waits gets to see the state when this is over
        change(&mut state)
    }

    fn run(&self, mut stream: &TcpStream, frames: mpsc::Receiver<Vec<u8>>) {
        let mut octets = BufReader::new(stream);
        thread::scope(|scope| {
            let sending = scope.spawn(move || {
                for frame in frames {
                    stream.write_all(&frame)?;
                    self.change(|it| it.queued -= 1);
                }
                stream.shutdown(Shutdown::Write)
            });
            let end = loop {
                drop(self.when(Duration::MAX, |it| it.held() < HELD || it.cause.is_some()));
                if octets.fill_buf().is_ok_and(<[u8]>::is_empty) { break "eof"; }
                match receive(&mut octets) {
                    Ok(got) => self.change(|it| if it.cause.is_none() { it.inbox.push_back(got) }),
                    Err(UnexpectedEof) => break "truncated",
                    Err(InvalidData) => break "protocol",
                    Err(_) => break "reset",
                }
            };
            self.change(|it| it.outbox = None);
            // The system tells one thread of a reset, and the other one perhaps of a plain end.
            let lost = end != "protocol" && sending.join().unwrap().is_err();
            self.change(|it| *it.cause.get_or_insert(if lost { "reset" } else { end }));
            copy(&mut octets, &mut sink()).ok(); // what comes behind a malformed frame
        });
        self.change(|it| (it.stream, it.queued) = (None, 0));
    }

    /// None if the connection has ended.
    pub fn write(&self, message: &Message) -> Option<()> {
        let frame = frame(message);
        self.change(|it| {
            it.outbox.as_ref()?.send(frame).ok()?;
            Some(it.queued += 1)
        })
    }

    /// The next message; None if none comes in time, or none can come any more (see active).
    pub fn read(&self, within: Duration) -> Option<Message> {
        drop(self.when(within, |it| !it.inbox.is_empty() || it.cause.is_some()));
        self.change(|it| it.inbox.pop_front())
    }

    /// Ends the connection; what was written is delivered, as long as that does not take too long.
    pub fn close(&self, cause: &'static str, linger: Duration) {
        self.change(|it| {
            it.cause.get_or_insert(cause);
            (it.outbox, it.inbox) = (None, VecDeque::new());
        });
        let state = self.when(linger, |it| it.stream.is_none());
        state.stream.as_ref().map(|stream| stream.shutdown(Shutdown::Both));
    }
}
