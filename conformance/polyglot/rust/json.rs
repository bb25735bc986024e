//! JSON, as far as the adapter protocol has it: values, a parser and a printer.

use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Int(i64),
    Real(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(members) => members.iter().find(|(name, _)| name == key).map(|it| &it.1),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }

    pub fn int(&self) -> Option<i64> {
        if let Json::Int(number) = self { Some(*number) } else { None }
    }

    pub fn real(&self) -> Option<f64> {
        match self {
            Json::Real(number) => Some(*number),
            other => other.int().map(|number| number as f64),
        }
    }

    pub fn list(&self) -> Option<&[Json]> {
        if let Json::List(list) = self { Some(list) } else { None }
    }

    /// None for what is no JSON, or has a text that no String can hold.
    pub fn parse(line: &str) -> Option<Json> {
        let mut parser = Parser { rest: line };
        let value = parser.value(0)?;
        parser.rest.trim_start().is_empty().then_some(value)
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn next_is(&mut self, word: &str) -> bool {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
        let found = self.rest.strip_prefix(word);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    fn value(&mut self, depth: u32) -> Option<Json> {
        if depth > 100 {
            return None;
        }
        for (word, value) in
            [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))]
        {
            if self.next_is(word) {
                return Some(value);
            }
        }
        if self.next_is("\"") {
            return self.string().map(Json::Text);
        }
        if self.next_is("[") {
            return self.members("]", |it| it.value(depth + 1)).map(Json::List);
        }
        if self.next_is("{") {
            let member = |it: &mut Self| {
                let key = it.next_is("\"").then(|| it.string())??;
                it.next_is(":").then(|| it.value(depth + 1))?.map(|value| (key, value))
            };
            return self.members("}", member).map(Json::Object);
        }
        let size = self.rest.find(|c| !"+-.0123456789eE".contains(c)).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(size);
        self.rest = rest;
        digits.parse().map(Json::Int).or_else(|_| digits.parse().map(Json::Real)).ok()
    }

    fn members<T>(
        &mut self,
        close: &str,
        member: impl Fn(&mut Self) -> Option<T>,
    ) -> Option<Vec<T>> {
        let mut all = vec![];
        while !self.next_is(close) {
            if !all.is_empty() && !self.next_is(",") {
                return None;
            }
            all.push(member(self)?);
        }
        Some(all)
    }

    fn unit(&mut self) -> Option<u32> {
        let unit = u32::from_str_radix(self.rest.get(..4)?, 16).ok();
        self.rest = &self.rest[4..];
        unit
    }

    fn string(&mut self) -> Option<String> {
        let mut text = String::new();
        loop {
            let c = self.rest.chars().next()?;
            self.rest = &self.rest[c.len_utf8()..];
            match c {
                '"' => return Some(text),
                '\\' => text.push(self.escaped()?),
                _ if c < ' ' => return None,
                _ => text.push(c),
            }
        }
    }

    fn escaped(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = &self.rest[c.len_utf8()..];
        match c {
            'b' => Some('\u{8}'),
            'f' => Some('\u{c}'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            't' => Some('\t'),
            '"' | '\\' | '/' => Some(c),
            'u' => {
                let mut point = self.unit()?;
                if point >> 10 == 0x36 {
                    self.rest = self.rest.strip_prefix("\\u")?;
                    point = 0x10000 + ((point & 0x3FF) << 10) + self.unit()?.checked_sub(0xDC00)?;
                }
                char::from_u32(point)
            }
            _ => None,
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Json::Null => write!(out, "null"),
            Json::Bool(value) => write!(out, "{value}"),
            Json::Int(value) => write!(out, "{value}"),
            Json::Real(value) => write!(out, "{value}"),
            Json::Text(text) => {
                write!(out, "\"")?;
                for c in text.chars() {
                    match c {
                        '"' | '\\' => write!(out, "\\{c}")?,
                        _ if c < ' ' => write!(out, "\\u{:04x}", c as u32)?,
                        _ => write!(out, "{c}")?,
                    }
                }
                write!(out, "\"")
            }
            Json::List(list) => {
                let all: Vec<String> = list.iter().map(Json::to_string).collect();
                write!(out, "[{}]", all.join(", "))
            }
            Json::Object(members) => {
                let one = |(key, value): &(String, Json)| format!("\"{key}\": {value}");
                let all: Vec<String> = members.iter().map(one).collect();
                write!(out, "{{{}}}", all.join(", "))
            }
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Json {
        Json::Text(text.to_string())
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Json {
        Json::Bool(value)
    }
}

impl From<usize> for Json {
    fn from(value: usize) -> Json {
        Json::Int(value as i64)
    }
}

impl From<Option<&str>> for Json {
    fn from(text: Option<&str>) -> Json {
        text.map_or(Json::Null, Json::from)
    }
}

/// An object, of members that anything may be which there is a Json from.
#[macro_export]
macro_rules! object {
    ($($key:literal : $value:expr),* $(,)?) => {
        $crate::json::Json::Object(vec![$(($key.to_string(), $crate::json::Json::from($value))),*])
    };
}
