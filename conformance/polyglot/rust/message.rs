//! A message: a text or bytes.

#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Text(String),
    Bytes(Vec<u8>),
}

impl Message {
    pub fn octets(&self) -> &[u8] {
        match self {
            Message::Text(text) => text.as_bytes(),
            Message::Bytes(octets) => octets,
        }
    }

    /// The message reversed: code points of a text, octets of bytes.
    pub fn reversed(&self) -> Message {
        match self {
            Message::Text(text) => Message::Text(text.chars().rev().collect()),
            Message::Bytes(octets) => Message::Bytes(octets.iter().rev().copied().collect()),
        }
    }
}
