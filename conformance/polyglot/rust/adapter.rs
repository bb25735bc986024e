//! The verbs of the adapter protocol, as calls of stocking.rs.

use std::collections::{HashMap, VecDeque};
use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::json::Json;
use crate::object;
use crate::script::{self, Facts};
use crate::sizes;
use crate::stocking::{Refused, State, Stocking};
use crate::wire::LARGEST;
use crate::words::{describe, fault, known, message, need, unsupported, No, Outcome};

/// Octets of the messages of an answer, about.
const ROOM: usize = 1 << 19;

#[derive(Clone)]
struct Link {
    stocking: Arc<Stocking>,
    script: Arc<Mutex<Facts>>,
}

/// Connections of a listener come through a thread, since an accept of its own has no time limit.
struct Listener {
    address: SocketAddr,
    arrived: Arc<(Mutex<Arrivals>, Condvar)>,
}

#[derive(Default)]
struct Arrivals {
    streams: VecDeque<TcpStream>,
    closed: bool,
}

#[derive(Default)]
struct Names {
    links: HashMap<String, Option<Link>>, // None while it is being opened
    listeners: HashMap<String, Listener>,
    listened: u32,
}

#[derive(Default)]
pub struct Adapter {
    names: Mutex<Names>,
}

fn address(at: SocketAddr) -> Json {
    Json::List(vec![at.ip().to_string().as_str().into(), Json::Int(at.port().into())])
}

fn io<T>(outcome: std::io::Result<T>) -> Outcome<T> {
    outcome.map_err(|error| No::Fault(error.to_string()))
}

/// Sets the sizes that a request has, and returns what came of them.
fn resize(socket: &impl AsRawFd, request: &Json) -> Outcome<Vec<(String, Json)>> {
    let mut facts = vec![];
    for (key, option) in sizes::OPTIONS {
        if request.get(key).is_some() {
            let octets = need(request, key, |it| it.int()?.try_into().ok())?;
            io(sizes::set(socket, option, octets))?;
            facts.push((key.to_string(), io(sizes::get(socket, option))?.into()));
        }
    }
    Ok(facts)
}

fn within(request: &Json) -> Outcome<Duration> {
    let seconds = need(request, "within", Json::real)?;
    Duration::try_from_secs_f64(seconds.min(1e6)).map_err(|error| No::Fault(error.to_string()))
}

fn raised(refused: Refused, key: &str, value: Json) -> No {
    let (name, message) = match refused {
        Refused::NotReady => ("NotReady", "the handshake has not completed"),
        Refused::Ended => ("Ended", "the connection has ended"),
    };
    let mut facts = object! { "name": name, "message": message };
    if let Json::Object(members) = &mut facts {
        members.push((key.to_string(), value));
    }
    No::Raised(facts)
}

impl Adapter {
    /// What `ok` holds.
    pub fn obey(&self, request: &Json) -> Outcome<Json> {
        let verb = need(request, "do", Json::text)?;
        let (needed, allowed, call): (&[&str], &[&str], fn(&Adapter, &Json) -> Outcome<Json>) =
            match verb {
                "hello" => (&["protocol"], &[], Adapter::hello),
                "listen" => (&[], &["sndbuf", "rcvbuf"], Adapter::listen),
                "open" => (
                    &["conn", "flavour", "within"],
                    &["connect", "accept", "sndbuf", "rcvbuf", "handshake"],
                    Adapter::open,
                ),
                "write" => (&["conn", "messages"], &[], Adapter::write),
                "read" => (&["conn", "count", "within"], &[], Adapter::read),
                "state" => (&[], &["conn"], Adapter::state),
                "wait" => (&["conn"], &["for", "within", "release"], Adapter::wait),
                "close" => (&[], &["conn", "listener", "keep"], Adapter::close),
                "abort" => (&["conn"], &[], |it, request| it.finish(request, true)),
                "discard" => (&["conn"], &[], Adapter::discard),
                "bye" => (&[], &[], |_, _| Ok(object! {})),
                _ => return unsupported(verb),
            };
        known(request, &[&["id", "do"], needed].concat(), allowed)?;
        call(self, request)
    }

    fn hello(&self, request: &Json) -> Outcome<Json> {
        if request.get("protocol") != Some(&Json::Int(1)) {
            return unsupported("protocol");
        }
        let list = |words: &[&str]| Json::List(words.iter().map(|&word| word.into()).collect());
        Ok(object! {
            "protocol": 1usize,
            "implementation":
                object! { "name": "stockings.rs", "version": "1.0", "language": "Rust" },
            "runtime": "rust, std::thread",
            "platform": std::env::consts::OS,
            "pid": std::process::id() as usize,
            "flavours": list(&["default"]),
            "kinds": list(&["bytes", "text"]),
            "largest": LARGEST as usize,
            "features": list(&["abort", "buffers", "causes", "handshake", "keep", "queued"]),
        })
    }

    fn listen(&self, request: &Json) -> Outcome<Json> {
        let socket = io(TcpListener::bind("127.0.0.1:0"))?;
        resize(&socket, request)?; // in time, since nobody knows the port yet
        let at = io(socket.local_addr())?;
        let arrived = Arc::new((Mutex::<Arrivals>::default(), Condvar::new()));
        let arrivals = Arc::clone(&arrived);
        thread::spawn(move || {
            for stream in socket.incoming().flatten() {
                let mut these = arrivals.0.lock().unwrap();
                if these.closed {
                    return;
                }
                these.streams.push_back(stream);
                arrivals.1.notify_all();
            }
        });
        let mut names = self.names.lock().unwrap();
        names.listened += 1;
        let name = format!("l{}", names.listened);
        names.listeners.insert(name.clone(), Listener { address: at, arrived });
        Ok(object! { "listener": name.as_str(), "address": address(at) })
    }

    fn open(&self, request: &Json) -> Outcome<Json> {
        let (name, within) = (need(request, "conn", Json::text)?, within(request)?);
        match need(request, "flavour", Json::text)? {
            "default" => (),
            other => return unsupported(other),
        }
        if request.get("connect").is_some() == request.get("accept").is_some() {
            return fault("open needs connect or accept");
        }
        let steps = request.get("handshake").map(script::steps).transpose()?;
        if self.names.lock().unwrap().links.contains_key(name) {
            return fault(format!("there is a connection {name} already"));
        }
        self.names.lock().unwrap().links.insert(name.to_string(), None);
        let made = self.stream(request, within).and_then(|stream| {
            let mut ends = object! {
                "local": address(io(stream.local_addr())?),
                "remote": address(io(stream.peer_addr())?),
            };
            if let Json::Object(members) = &mut ends {
                members.extend(resize(&stream, request)?);
            }
            let stocking = Stocking::start(stream, steps.is_some());
            let script = Arc::new(Mutex::new(Facts::new(steps.is_some())));
            Ok((Link { stocking, script }, ends))
        });
        let mut names = self.names.lock().unwrap();
        names.links.remove(name);
        let (link, ends) = made?;
        names.links.insert(name.to_string(), Some(link.clone()));
        if let Some(steps) = steps {
            thread::spawn(move || script::play(&link.stocking, &link.script, &steps));
        }
        Ok(ends)
    }

    fn stream(&self, request: &Json, within: Duration) -> Outcome<TcpStream> {
        if let Some(to) = request.get("connect").and_then(Json::list) {
            let [Json::Text(host), Json::Int(port)] = to else {
                return fault("an address is [host, port]");
            };
            let at: SocketAddr = format!("{host}:{port}")
                .parse()
                .or_else(|_| fault(format!("no address: {host} port {port}")))?;
            return io(TcpStream::connect_timeout(&at, within.max(Duration::from_millis(1))));
        }
        let name = need(request, "accept", Json::text)?;
        let arrived = match self.names.lock().unwrap().listeners.get(name) {
            Some(listener) => Arc::clone(&listener.arrived),
            None => return unsupported(name),
        };
        let nobody = |it: &mut Arrivals| it.streams.is_empty() && !it.closed;
        let these = arrived.0.lock().unwrap();
        let (mut these, _) = arrived.1.wait_timeout_while(these, within, nobody).unwrap();
        these.streams.pop_front().ok_or_else(|| No::Fault("nobody connected in time".to_string()))
    }

    fn link(&self, request: &Json) -> Outcome<Link> {
        let name = need(request, "conn", Json::text)?;
        match self.names.lock().unwrap().links.get(name) {
            Some(Some(link)) => Ok(link.clone()),
            Some(None) => fault("it is still being opened"),
            None => unsupported(name),
        }
    }

    fn write(&self, request: &Json) -> Outcome<Json> {
        let link = self.link(request)?;
        let messages = need(request, "messages", Json::list)?.iter().map(message);
        let messages = messages.collect::<Outcome<Vec<_>>>()?;
        for (written, message) in messages.iter().enumerate() {
            let outcome = link.stocking.write(message);
            outcome.map_err(|refused| raised(refused, "written", written.into()))?;
        }
        Ok(object! { "written": messages.len() })
    }

    fn read(&self, request: &Json) -> Outcome<Json> {
        let link = self.link(request)?;
        let count = need(request, "count", Json::int)? as usize;
        let end = Instant::now() + within(request)?;
        let (mut messages, mut room) = (vec![], 0);
        while messages.len() < count && room < ROOM {
            match link.stocking.read() {
                Err(refused) => return Err(raised(refused, "messages", Json::List(messages))),
                Ok(Some(message)) => {
                    messages.push(describe(&message));
                    room += messages[messages.len() - 1].to_string().len();
                }
                Ok(None) => {
                    link.stocking.wait_readable(Some(end));
                    if Instant::now() >= end || !link.stocking.state().active() {
                        break;
                    }
                }
            }
        }
        let state = link.stocking.state();
        let last = state.cause().filter(|_| !state.active());
        Ok(object! { "messages": Json::List(messages), "ended": !state.active(), "last": last })
    }

    fn state(&self, request: &Json) -> Outcome<Json> {
        let list = |names: Vec<&String>| {
            Json::List(names.iter().map(|name| name.as_str().into()).collect())
        };
        let names = self.names.lock().unwrap();
        let mut facts = object! {
            "connections": list(names.links.keys().collect()),
            "listeners": list(names.listeners.keys().collect()),
        };
        drop(names);
        if let (Json::Object(members), Some(_)) = (&mut facts, request.get("conn")) {
            members.push(("conn".to_string(), self.link(request)?.facts()));
        }
        Ok(facts)
    }

    fn wait(&self, request: &Json) -> Outcome<Json> {
        let link = self.link(request)?;
        if request.get("release").is_some() {
            link.stocking.change(|_| link.script.lock().unwrap().released += 1);
            return Ok(object! {});
        }
        let holds: fn(&State, &Facts) -> bool = match need(request, "for", Json::text)? {
            "ready" => |state, _| state.ready(),
            "ended" => |state, _| state.ended(),
            "flushed" => |state, _| !state.queued(),
            "handshake" => |_, script| script.state != "running",
            word => return unsupported(word),
        };
        let end = Some(Instant::now() + within(request)?);
        let happened = link.stocking.wait(end, |it| holds(it, &link.script.lock().unwrap()));
        Ok(object! { "happened": happened, "conn": link.facts() })
    }

    fn close(&self, request: &Json) -> Outcome<Json> {
        match (request.get("conn"), request.get("listener")) {
            (Some(_), None) => self.finish(request, false),
            (None, Some(_)) => {
                let name = need(request, "listener", Json::text)?;
                let listener = self.names.lock().unwrap().listeners.remove(name);
                let Some(listener) = listener else { return unsupported(name) };
                let mut these = listener.arrived.0.lock().unwrap();
                these.closed = true;
                these.streams.clear();
                listener.arrived.1.notify_all();
                drop(these);
                // Its thread looks up when somebody comes; that it has closed shows by our end.
                if let Ok(mut woken) = TcpStream::connect(listener.address) {
                    woken.read(&mut [0]).ok();
                }
                Ok(object! {})
            }
            _ => fault("close needs conn or listener"),
        }
    }

    fn finish(&self, request: &Json, abort: bool) -> Outcome<Json> {
        let link = self.link(request)?;
        match abort {
            true => link.stocking.abort("aborted"),
            false => link.stocking.close("closed"),
        }
        link.stocking.change(|_| link.script.lock().unwrap().released += 1 << 20);
        if request.get("keep") != Some(&Json::Bool(true)) {
            self.names.lock().unwrap().links.remove(need(request, "conn", Json::text)?);
        }
        Ok(object! {})
    }

    fn discard(&self, request: &Json) -> Outcome<Json> {
        match self.finish(request, true) {
            Err(No::Unsupported(_)) => Ok(object! {}),
            outcome => outcome,
        }
    }
}

impl Link {
    fn facts(&self) -> Json {
        let state = self.stocking.state(); // this lock before that of the script, always
        let script = self.script.lock().unwrap().json();
        object! {
            "active": state.active(), "ready": state.ready(), "queued": state.queued(),
            "readable": Json::Null, "ended": state.ended(), "end": state.cause(),
            "handshake": script,
        }
    }
}
