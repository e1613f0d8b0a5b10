//! Values that statements are given.

use std::borrow::Cow;

/// A value on its way to the database. `None` keeps its type, which PostgreSQL wants to know.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    /// For `list(?)`.
    Ints(Vec<i64>),
    /// For `list(?)`.
    Texts(Vec<String>),
}

/// Without the value, which may be a patient's.
impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Value::Int(_) => "Int",
            Value::Text(_) => "Text",
            Value::Bytes(_) => "Bytes",
            Value::Ints(_) => "Ints",
            Value::Texts(_) => "Texts",
        })
    }
}

/// What can be bound to a statement.
pub trait Bind {
    fn value(self) -> Value;
}

macro_rules! whole_numbers {
    ($($type:ty)*) => {$(
        impl Bind for $type {
            fn value(self) -> Value {
                Value::Int(Some(i64::from(self)))
            }
        }
        impl Bind for Option<$type> {
            fn value(self) -> Value {
                Value::Int(self.map(i64::from))
            }
        }
    )*};
}

whole_numbers! { i64 i32 u32 u16 u8 bool }

macro_rules! texts {
    ($($type:ty)*) => {$(
        impl Bind for $type {
            fn value(self) -> Value {
                Value::Text(Some(self.to_string()))
            }
        }
        impl Bind for Option<$type> {
            fn value(self) -> Value {
                Value::Text(self.map(|text| text.to_string()))
            }
        }
    )*};
}

texts! { &str &String &&str Cow<'_, str> }

impl Bind for String {
    fn value(self) -> Value {
        Value::Text(Some(self))
    }
}

impl Bind for Option<String> {
    fn value(self) -> Value {
        Value::Text(self)
    }
}

impl Bind for &Option<String> {
    fn value(self) -> Value {
        Value::Text(self.clone())
    }
}

impl Bind for Vec<u8> {
    fn value(self) -> Value {
        Value::Bytes(Some(self))
    }
}

impl Bind for &Vec<u8> {
    fn value(self) -> Value {
        Value::Bytes(Some(self.clone()))
    }
}

impl Bind for &[u8] {
    fn value(self) -> Value {
        Value::Bytes(Some(self.to_vec()))
    }
}

impl Bind for Option<&[u8]> {
    fn value(self) -> Value {
        Value::Bytes(self.map(<[u8]>::to_vec))
    }
}

impl Bind for Option<Vec<u8>> {
    fn value(self) -> Value {
        Value::Bytes(self)
    }
}

impl Bind for Vec<i64> {
    fn value(self) -> Value {
        Value::Ints(self)
    }
}

impl Bind for &[i64] {
    fn value(self) -> Value {
        Value::Ints(self.to_vec())
    }
}

impl Bind for Vec<String> {
    fn value(self) -> Value {
        Value::Texts(self)
    }
}

impl Bind for &[String] {
    fn value(self) -> Value {
        Value::Texts(self.to_vec())
    }
}

impl Bind for &[&str] {
    fn value(self) -> Value {
        Value::Texts(self.iter().map(|text| text.to_string()).collect())
    }
}

impl Bind for Vec<&str> {
    fn value(self) -> Value {
        Value::Texts(self.into_iter().map(str::to_string).collect())
    }
}
