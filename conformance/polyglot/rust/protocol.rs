//! What the adapter protocol (conformance/ADAPTERS.md) says about lines, messages and recipes.

use crate::Message;
use std::{collections::HashMap, env, fmt::Display, io, io::BufRead, iter::successors, process};
use std::{str::FromStr, thread, time::Duration};

const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const ALPHABET: [char; 16] = ['A', 'z', '0', '~', 'é', 'ß', 'Ω', 'Ж',
    'א', '€', '中', '\u{fffd}', '😀', '\u{10ffff}', '\0', '\n'];

/// A JSON object; its values are still JSON.
pub type Object = HashMap<String, String>;
/// The members of `ok`, or else the whole of `unsupported`, `fault` or `raised` in its place.
pub type Outcome<T = String> = Result<T, String>;
/// A verb: its name, the keys that it knows, and what it does with a request.
pub type Verb = (&'static str, &'static str, fn(&Object) -> Outcome);

pub fn unsupported(word: &str) -> String { format!(r#""unsupported": {}"#, quoted(word)) }
pub fn fault(why: impl Display) -> String { format!(r#""fault": {{"message": {}}}"#, quoted(why)) }

/// A text as JSON.
pub fn quoted(text: impl Display) -> String {
    let plain = |c: char| c >= ' ' && c != '"' && c != '\\';
    let escape = |c: char| if plain(c) { c.to_string() } else { format!("\\u{:04x}", c as u32) };
    format!("\"{}\"", text.to_string().chars().map(escape).collect::<String>())
}

/// The verb that ends the process.
pub const BYE: Verb = ("bye", "", |request| {
    println!(r#"{{"id": {}, "ok": {{}}}}"#, request["id"]);
    process::exit(0)
});

/// Obeys the lines of stdin, each in a thread of its own; returns at the end of stdin.
pub fn serve(verbs: &'static [Verb]) {
    if env::args().count() > 1 { process::exit(89); } // there are no options
    for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
        thread::spawn(move || {
            let line = String::from_utf8(line).ok().filter(|it| it.len() <= 1 << 20);
            let request = line.and_then(|it| object(&it)).unwrap_or_default();
            let id = request.get("id").filter(|id| number::<i64>(id).is_some());
            let problem = fault("no JSON object with an integer id, or more than 1 MiB");
            let outcome = id.ok_or(problem).and_then(|_| obey(&request, verbs));
            let answer = outcome.map_or_else(|it| it, |facts| format!(r#""ok": {{{facts}}}"#));
            println!(r#"{{"id": {}, {answer}}}"#, id.map_or("null", |id| id));
        });
    }
}

fn obey(request: &Object, verbs: &[Verb]) -> Outcome {
    let word = get(request, "do", text)?;
    let verb = verbs.iter().find(|verb| verb.0 == word).ok_or_else(|| unsupported(&word))?;
    known(request, &format!("id do {}", verb.1))?;
    verb.2(request)
}

fn known(object: &Object, keys: &str) -> Outcome<()> {
    let strange = object.keys().find(|&it| keys.split_whitespace().all(|key| key != it));
    strange.map_or(Ok(()), |key| Err(unsupported(key)))
}

/// The value of a key, as what it has to be: a text, a number, seconds, a list and so on.
pub fn get<T>(object: &Object, key: &str, kind: fn(&str) -> Option<T>) -> Outcome<T> {
    let wrong = || fault(format!("{key} is missing, or is not what it has to be"));
    object.get(key).and_then(|json| kind(json)).ok_or_else(wrong)
}

pub fn number<T: FromStr>(json: &str) -> Option<T> { json.trim().parse().ok() }

/// A time that is never zero, since systems take that for none.
pub fn seconds(json: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(number::<f64>(json)?.clamp(1e-3, 1e6)).ok()
}

pub fn list(json: &str) -> Option<Vec<String>> {
    Some(split(inside(json, "[]")?, ',').map(str::to_string).collect())
}

fn object(json: &str) -> Option<Object> {
    let member = |it| Some((text(split(it, ':').next()?)?, split(it, ':').nth(1)?.to_string()));
    split(inside(json, "{}")?, ',').map(member).collect()
}

fn inside<'a>(json: &'a str, brackets: &str) -> Option<&'a str> {
    json.trim().strip_prefix(&brackets[..1])?.strip_suffix(&brackets[1..])
}

/// Cuts JSON at a character, except within strings, lists and objects.
fn split(json: &str, at: char) -> impl Iterator<Item = &str> {
    let (mut depth, mut string, mut escaped) = (0, false, false);
    json.split(move |c| {
        string ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        depth += if string { 0 } else { i32::from("[{".contains(c)) - i32::from("]}".contains(c)) };
        c == at && depth == 0 && !string
    }).filter(|_| !json.trim().is_empty())
}

pub fn text(json: &str) -> Option<String> {
    let (mut chars, mut units) = (inside(json, "\"\"")?.chars(), vec![]);
    while let Some(c) = chars.next() {
        match c {
            '"' | '\0'..='\x1f' => return None,
            '\\' if chars.as_str().starts_with('u') => {
                units.push(u16::from_str_radix(chars.as_str().get(1..5)?, 16).ok()?);
                chars.nth(4);
            }
            '\\' => units.push(b"\x08\x0c\n\r\t\"\\/"["bfnrt\"\\/".find(chars.next()?)?].into()),
            _ => units.extend_from_slice(c.encode_utf16(&mut [0; 2])),
        }
    }
    String::from_utf16(&units).ok()
}

/// The message of a request.
pub fn message(json: &String) -> Outcome<Message> {
    let it = object(json).ok_or_else(|| fault("a message has to be an object"))?;
    known(&it, "kind text base64 seed length")?;
    let recipe = |text| Ok(recipe(text, get(&it, "seed", number)?, get(&it, "length", number)?));
    match &get(&it, "kind", text)?[..] {
        "text" if it.contains_key("text") => get(&it, "text", text).map(Message::Text),
        "text" => recipe(true).map(|it| Message::Text(String::from_utf8(it).unwrap())),
        "bytes" if it.contains_key("base64") => get(&it, "base64", octets).map(Message::Bytes),
        "bytes" => recipe(false).map(Message::Bytes),
        kind => Err(unsupported(kind)),
    }
}

fn recipe(text: bool, seed: u32, length: usize) -> Vec<u8> {
    let next = |x: &u64| Some((x * 1103515245 + 12345) % (1 << 31));
    let draws = successors(next(&seed.into()), next).map(|x| (x >> 16) as usize);
    let unit = match text {
        true => draws.map(|draw| ALPHABET[draw & 15]).take(1024).collect::<String>().into_bytes(),
        false => draws.map(|draw| draw as u8).take(4088).collect(),
    };
    let number = |k: u64| if text { format!("{k:08x}").into() } else { k.to_be_bytes().to_vec() };
    let blocks = (0..).flat_map(|k| [number(k), unit.clone()].concat());
    let mut payload: Vec<u8> = blocks.take(length + 1).collect();
    let cut = payload.iter().rposition(|octet| !text || octet & 0xc0 != 0x80).unwrap();
    payload[cut..].fill(b'.');
    payload.truncate(length);
    payload
}

fn octets(json: &str) -> Option<Vec<u8>> {
    let value = |digit| DIGITS.iter().position(|&it| it == digit);
    let values: Option<Vec<_>> = text(json)?.trim_end_matches('=').bytes().map(value).collect();
    Some(values?.chunks(4).flat_map(|piece| {
        let bits = piece.iter().fold(0, |bits, &value| bits << 6 | value as u64);
        (bits << 6 * (4 - piece.len())).to_be_bytes()[5..4 + piece.len()].to_vec()
    }).collect())
}

fn base64(octets: &[u8]) -> String {
    octets.chunks(3).flat_map(|piece| {
        let bits = piece.iter().fold(0, |bits, &octet| bits << 8 | usize::from(octet));
        let digit = |i| DIGITS[bits << 8 * (3 - piece.len()) >> (18 - 6 * i) & 63] as char;
        [0, 1, 2, 3].map(|i| if i > piece.len() { '=' } else { digit(i) })
    }).collect()
}

fn crc32(octets: &[u8]) -> u32 {
    let shift = |crc: u32, _| crc >> 1 ^ 0xedb88320 * (crc & 1);
    let table: Vec<u32> = (0..256).map(|octet| (0..8).fold(octet, shift)).collect();
    !octets.iter().fold(!0, |crc, octet| crc >> 8 ^ table[usize::from(crc as u8 ^ octet)])
}

/// The facts about a message that was delivered.
pub fn describe(message: Message) -> String {
    let (kind, octets) = message.parts();
    let (length, edge) = (octets.len(), octets.len().min(32));
    let (head, tail) = (base64(&octets[..edge]), base64(&octets[length - edge..]));
    let whole = format!(r#", "base64": "{}""#, base64(&octets[..length.min(4096)]));
    let (crc32, whole) = (crc32(octets), if length > 4096 { "" } else { &whole });
    format!(r#"{{"kind": "{kind}", "length": {length}, "crc32": "{crc32:08x}", "#)
        + &format!(r#""head": "{head}", "tail": "{tail}"{whole}}}"#)
}
