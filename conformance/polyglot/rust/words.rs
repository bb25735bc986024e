//! What the adapter protocol says about the words of a request, about messages and recipes.

use crate::json::Json;
use crate::object;
use crate::message::Message;

/// An answer other than ok.
pub enum No {
    Unsupported(String),
    Fault(String),
    Raised(Json),
}

pub type Outcome<T> = Result<T, No>;

pub fn fault<T>(message: impl Into<String>) -> Outcome<T> {
    Err(No::Fault(message.into()))
}

pub fn unsupported<T>(word: &str) -> Outcome<T> {
    Err(No::Unsupported(word.to_string()))
}

/// Refuses what is no object, has a key in neither list, or lacks one of the first.
pub fn known(what: &Json, needed: &[&str], allowed: &[&str]) -> Outcome<()> {
    let Json::Object(members) = what else { return fault("expected a JSON object") };
    for (key, _) in members {
        if !needed.contains(&key.as_str()) && !allowed.contains(&key.as_str()) {
            return unsupported(key);
        }
    }
    match needed.iter().find(|key| what.get(key).is_none()) {
        Some(key) => fault(format!("{key} is missing")),
        None => Ok(()),
    }
}

/// The value of a key, as what it has to be there.
pub fn need<'a, T>(
    what: &'a Json,
    key: &str,
    kind: impl Fn(&'a Json) -> Option<T>,
) -> Outcome<T> {
    let value = what.get(key).and_then(kind);
    value.ok_or_else(|| No::Fault(format!("{key} is missing, or is not what it has to be")))
}

/// The message of a request.
pub fn message(what: &Json) -> Outcome<Message> {
    known(what, &["kind"], &["text", "base64", "seed", "length", "surrogate"])?;
    let text = match need(what, "kind", Json::text)? {
        "text" => true,
        "bytes" => false,
        other => return unsupported(other),
    };
    if what.get("surrogate").is_some() {
        return unsupported("surrogate"); // no String can hold one
    }
    match (what.get("text").and_then(Json::text), what.get("base64").and_then(Json::text)) {
        (Some(content), None) if text => Ok(Message::Text(content.to_string())),
        (None, Some(content)) if !text => Ok(Message::Bytes(unbase64(content))),
        _ => {
            let seed = need(what, "seed", Json::int)? as u64;
            let payload = recipe(text, seed, need(what, "length", Json::int)? as usize);
            Ok(match text {
                true => Message::Text(String::from_utf8(payload).expect("whole code points")),
                false => Message::Bytes(payload),
            })
        }
    }
}

const ALPHABET: [char; 16] = [
    'A', 'z', '0', '~', 'é', 'ß', 'Ω', 'Ж', 'א', '€', '中', '\u{FFFD}', '😀', '\u{10FFFF}', '\0',
    '\n',
];

fn recipe(text: bool, mut seed: u64, length: usize) -> Vec<u8> {
    let mut draw = || {
        seed = (seed * 1103515245 + 12345) % (1 << 31);
        (seed >> 16) as usize
    };
    let unit: Vec<u8> = if text {
        (0..1024).map(|_| ALPHABET[draw() & 15]).collect::<String>().into_bytes()
    } else {
        (0..4088).map(|_| draw() as u8).collect()
    };
    let mut payload = Vec::with_capacity(length + unit.len() + 8);
    for k in 0u64.. {
        if payload.len() > length {
            break;
        }
        match text {
            true => payload.extend_from_slice(format!("{k:08x}").as_bytes()),
            false => payload.extend_from_slice(&k.to_be_bytes()),
        }
        payload.extend_from_slice(&unit);
    }
    let mut cut = length;
    while text && payload[cut] & 0xC0 == 0x80 {
        cut -= 1;
    }
    payload.truncate(cut);
    payload.resize(length, b'.');
    payload
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn base64(octets: &[u8]) -> String {
    let mut text = String::new();
    for piece in octets.chunks(3) {
        let held = piece.iter().fold(0, |held, &octet| held << 8 | u32::from(octet))
            << (8 * (3 - piece.len()));
        for i in 0..4 {
            let digit = BASE64[(held >> (18 - 6 * i) & 63) as usize] as char;
            text.push(if i <= piece.len() { digit } else { '=' });
        }
    }
    text
}

fn unbase64(text: &str) -> Vec<u8> {
    let (mut octets, mut held, mut bits) = (vec![], 0, 0);
    for digit in text.bytes().map_while(|c| BASE64.iter().position(|&known| known == c)) {
        (held, bits) = (held << 6 & 0xFFFF | digit, bits + 6);
        if bits >= 8 {
            bits -= 8;
            octets.push((held >> bits) as u8);
        }
    }
    octets
}

fn crc32(octets: &[u8]) -> u32 {
    let table: Vec<u32> = (0..256)
        .map(|n| (0..8).fold(n, |n, _| if n & 1 == 1 { n >> 1 ^ 0xEDB88320 } else { n >> 1 }))
        .collect();
    !octets.iter().fold(!0, |crc, &octet| table[((crc ^ u32::from(octet)) & 255) as usize] ^ crc >> 8)
}

/// The facts about a message that was delivered.
pub fn describe(message: &Message) -> Json {
    let octets = message.octets();
    let edge = octets.len().min(32);
    let mut facts = object! {
        "kind": if let Message::Text(_) = message { "text" } else { "bytes" },
        "length": octets.len(),
        "crc32": format!("{:08x}", crc32(octets)).as_str(),
        "head": base64(&octets[..edge]).as_str(),
        "tail": base64(&octets[octets.len() - edge..]).as_str(),
    };
    if let (Json::Object(members), true) = (&mut facts, octets.len() <= 4096) {
        members.push(("base64".to_string(), base64(octets).as_str().into()));
    }
    facts
}
