//! The Stockings wire format (conformance/SPEC.md, sections 4 to 6): no socket, no thread.

use crate::message::Message;

/// Octets of a message that is taken.
pub const LARGEST: u128 = 1 << 30;

pub fn frame(message: &Message) -> Vec<u8> {
    let payload = message.octets();
    let mut octet = (payload.len() % 64) as u8 + if let Message::Text(_) = message { 0 } else { 64 };
    let mut frame = Vec::with_capacity(payload.len() + 10);
    let mut rest = payload.len() / 64;
    while rest > 0 {
        frame.push(octet);
        octet = (rest % 128) as u8;
        rest /= 128;
    }
    frame.push(octet + 128);
    frame.extend_from_slice(payload);
    frame
}

/// Octets to messages, however they are cut.
#[derive(Default)]
pub struct Decoder {
    count: u32,
    text: bool,
    length: u128,
    payload: Option<Vec<u8>>, // once the header is complete; it grows as octets arrive
}

/// What ends the stream, since nobody knows where the next frame begins.
#[derive(Debug)]
pub struct Malformed;

impl Decoder {
    pub fn inside(&self) -> bool {
        self.count > 0
    }

    pub fn push(&mut self, mut octets: &[u8], out: &mut Vec<Message>) -> Result<(), Malformed> {
        while let Some((&first, behind)) = octets.split_first() {
            if self.payload.is_none() {
                self.header(first)?;
                octets = behind;
            }
            let Some(payload) = &mut self.payload else { continue };
            let missing = self.length as usize - payload.len();
            let (taken, rest) = octets.split_at(missing.min(octets.len()));
            payload.extend_from_slice(taken);
            octets = rest;
            if payload.len() == self.length as usize {
                let payload = std::mem::take(payload);
                out.push(match self.text {
                    true => Message::Text(String::from_utf8(payload).map_err(|_| Malformed)?),
                    false => Message::Bytes(payload),
                });
                *self = Decoder::default();
            }
        }
        Ok(())
    }

    fn header(&mut self, octet: u8) -> Result<(), Malformed> {
        self.count += 1;
        match self.count {
            1 => (self.text, self.length) = (octet & 64 == 0, u128::from(octet & 63)),
            2..=10 => self.length += u128::from(octet & 127) << (7 * self.count - 8),
            _ => return Err(Malformed),
        }
        if octet & 128 != 0 {
            if self.length > LARGEST {
                return Err(Malformed);
            }
            self.payload = Some(Vec::new());
        }
        Ok(())
    }
}
