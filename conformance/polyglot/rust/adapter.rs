//! The adapter (conformance/ADAPTERS.md): requests become calls of stockings.rs.

mod protocol;
mod stockings;

use protocol::{describe, fault, get, list, message, number, quoted, seconds, serve, text};
use protocol::{unsupported, Object, Outcome, Verb, BYE};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::{collections::BTreeMap, env, io, iter, os::fd::OwnedFd, process};
use std::{sync::Arc, sync::Mutex, time::Duration, time::Instant};
use stockings::{Message, State, Stocking, LARGEST};

type Named<T> = Mutex<BTreeMap<String, Arc<T>>>;
static LINKS: Named<Stocking> = Mutex::new(BTreeMap::new());
static LISTENERS: Named<TcpListener> = Mutex::new(BTreeMap::new());

fn named<T>(all: &Named<T>, name: &str) -> Outcome<Arc<T>> {
    all.lock().unwrap().get(name).cloned().ok_or_else(|| unsupported(name))
}

fn names<T>(all: &Named<T>) -> String {
    all.lock().unwrap().keys().map(quoted).collect::<Vec<_>>().join(", ")
}

fn either(request: &Object, one: &str, other: &str) -> Outcome<()> {
    let wrong = request.contains_key(one) == request.contains_key(other);
    if wrong { Err(fault(format!("either {one} or {other}"))) } else { Ok(()) }
}

fn link(request: &Object) -> Outcome<Arc<Stocking>> { named(&LINKS, &get(request, "conn", text)?) }

fn address(at: io::Result<SocketAddr>) -> Outcome {
    at.map(|at| format!(r#"["{}", {}]"#, at.ip(), at.port())).map_err(fault)
}

fn target(json: &str) -> Option<SocketAddr> {
    let [host, port] = &list(json)?[..] else { return None };
    Some((text(host)?.parse::<IpAddr>().ok()?, number(port)?).into())
}

fn accepted(listener: &TcpListener, within: Duration) -> io::Result<TcpStream> {
    // An accept keeps to the time limit for receiving, which only a stream can be told.
    TcpStream::from(OwnedFd::from(listener.try_clone()?)).set_read_timeout(Some(within))?;
    let (stream, _) = listener.accept()?;
    stream.set_read_timeout(None).map(|()| stream)
}

fn word(cause: Option<&str>) -> String { cause.map_or("null".to_string(), quoted) }

fn facts(it: &State) -> String {
    let (active, queued, ended) = (it.active(), it.queued > 0, it.cause.is_some());
    let end = word(it.cause);
    let script = r#"{"state": "none", "received": [], "returned": null, "raised": null}"#;
    format!(r#"{{"active": {active}, "ready": {active}, "queued": {queued}, "ended": {ended}, "#)
        + &format!(r#""end": {end}, "handshake": {script}}}"#)
}

fn finish(request: &Object, cause: &'static str, linger: u64) -> Outcome {
    link(request)?.close(cause, Duration::from_secs(linger));
    let keep = get(request, "keep", number) == Ok(true);
    if !keep { LINKS.lock().unwrap().remove(&get(request, "conn", text)?); }
    Ok(String::new())
}

const VERBS: &[Verb] = &[
    ("hello", "protocol", |request| {
        if get(request, "protocol", number) != Ok(1) { return Err(unsupported("protocol")); }
        let mine = r#"{"name": "stockings.rs", "version": "1.0", "language": "Rust"}"#;
        let (platform, pid) = (env::consts::OS, process::id());
        Ok(format!(r#""protocol": 1, "implementation": {mine}, "platform": "{platform}", "#)
            + &format!(r#""pid": {pid}, "runtime": "rust, std", "largest": {LARGEST}, "#)
            + r#""flavours": ["default"], "kinds": ["bytes", "text"], "#
            + r#""features": ["abort", "causes", "keep", "queued"]"#)
    }),
    ("listen", "", |_| {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(fault)?;
        let at = listener.local_addr().map_err(fault)?;
        LISTENERS.lock().unwrap().insert(at.to_string(), Arc::new(listener));
        Ok(format!(r#""listener": "{at}", "address": {}"#, address(Ok(at))?))
    }),
    ("open", "conn flavour within connect accept", |request| {
        let (name, flavour) = (get(request, "conn", text)?, get(request, "flavour", text)?);
        let within = get(request, "within", seconds)?;
        if flavour != "default" { return Err(unsupported(&flavour)); }
        either(request, "connect", "accept")?;
        if link(request).is_ok() { return Err(fault(format!("there already is a {name}"))); }
        let stream = match request.contains_key("connect") {
            true => TcpStream::connect_timeout(&get(request, "connect", target)?, within),
            false => accepted(&*named(&LISTENERS, &get(request, "accept", text)?)?, within),
        }.map_err(|error| fault(format!("no connection came about: {error}")))?;
        let (local, remote) = (address(stream.local_addr())?, address(stream.peer_addr())?);
        LINKS.lock().unwrap().insert(name, Stocking::new(stream));
        Ok(format!(r#""local": {local}, "remote": {remote}"#))
    }),
    ("write", "conn messages", |request| {
        let (it, messages) = (link(request)?, get(request, "messages", list)?);
        let messages = messages.iter().map(message).collect::<Outcome<Vec<_>>>()?;
        for (i, message) in messages.iter().enumerate() {
            let error = r#""name": "Ended", "message": "the connection has ended""#;
            let refused = || format!(r#""raised": {{{error}, "written": {i}}}"#);
            it.write(message).ok_or_else(refused)?;
        }
        Ok(format!(r#""written": {}"#, messages.len()))
    }),
    ("read", "conn count within", |request| {
        let (it, end) = (link(request)?, Instant::now() + get(request, "within", seconds)?);
        let most = get(request, "count", number::<usize>)?.min(128); // so many fit into a line
        let messages = iter::from_fn(|| it.read(end.saturating_duration_since(Instant::now())));
        let messages = messages.take(most).map(describe).collect::<Vec<_>>().join(", ");
        let state = it.when(Duration::ZERO, |_| true);
        let (ended, last) = (!state.active(), word(state.cause.filter(|_| !state.active())));
        Ok(format!(r#""messages": [{messages}], "ended": {ended}, "last": {last}"#))
    }),
    ("state", "conn", |request| {
        let (links, listeners) = (names(&LINKS), names(&LISTENERS));
        let all = format!(r#""connections": [{links}], "listeners": [{listeners}]"#);
        if !request.contains_key("conn") { return Ok(all); }
        Ok(format!(r#"{all}, "conn": {}"#, facts(&link(request)?.when(Duration::ZERO, |_| true))))
    }),
    ("wait", "conn for within", |request| {
        let (it, within) = (link(request)?, get(request, "within", seconds)?);
        let holds: fn(&State) -> bool = match &get(request, "for", text)?[..] {
            "ready" => State::active,
            "ended" => |it| it.cause.is_some(),
            "flushed" => |it| it.queued == 0,
            "handshake" => |_| true,
            word => return Err(unsupported(word)),
        };
        let state = it.when(within, holds);
        Ok(format!(r#""happened": {}, "conn": {}"#, holds(&state), facts(&state)))
    }),
    ("close", "conn listener keep", |request| {
        either(request, "conn", "listener")?;
        let Ok(name) = get(request, "listener", text) else { return finish(request, "closed", 5) };
        let listener = LISTENERS.lock().unwrap().remove(&name);
        listener.map(|_| String::new()).ok_or_else(|| unsupported(&name))
    }),
    ("abort", "conn", |request| finish(request, "aborted", 0)),
    ("discard", "conn", |request| Ok(finish(request, "aborted", 0).unwrap_or_default())),
    BYE,
];

fn main() { serve(VERBS) }
