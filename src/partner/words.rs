//! Keys whose value is one of a few words.

/// Makes an enum that reads from its words and names them all, and the nearest, when it cannot.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_doc])* $variant,)* }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word,)* }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
        impl std::str::FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<$name, String> {
                $name::ALL
                    .iter()
                    .copied()
                    .find(|word| word.as_str() == text)
                    .ok_or_else(|| $crate::partner::words::not_a_word(text, &[$($word,)*]))
            }
        }
    )*};
}
pub(crate) use words;

pub(crate) fn not_a_word(text: &str, words: &[&str]) -> String {
    match crate::domain::nearest(text, words.iter().copied()) {
        Some(meant) => format!("\"{text}\" is none of {}; did you mean {meant}?", words.join(", ")),
        None => format!("\"{text}\" is none of {}", words.join(", ")),
    }
}
