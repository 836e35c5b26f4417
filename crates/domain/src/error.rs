//! One error: a kind, a text for outside, and a context that stays inside.
//!
//! Nothing here knows HTTP: `api/problem.rs` maps kinds to statuses. The inside context is logged once,
//! there, and never leaves the node.

use std::fmt;

/// A result whose error can be told to a caller.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What sort of refusal it is; each edge maps it to its own vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The request is wrong in itself.
    Invalid,
    /// What it names does not exist, or not for this caller.
    NotFound,
    /// It was right once, or will be: not in the present state.
    Conflict,
    /// The same idempotency key came before.
    Duplicate,
    /// The caller may not do this.
    Forbidden,
    /// Larger than a named limit.
    TooLarge,
    /// Something this node needs does not answer now.
    Unavailable,
    /// No room left on a disk.
    Full,
    /// A fault of ours.
    Internal,
}

/// A refusal that can be acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: Kind,
    field: Option<String>,
    outside: String,
    inside: Option<String>,
}

impl Error {
    /// A refusal of `kind` that says `outside` to the caller.
    pub fn new(kind: Kind, outside: impl Into<String>) -> Self {
        Self { kind, field: None, outside: outside.into(), inside: None }
    }

    /// The request is wrong in itself.
    pub fn invalid(outside: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, outside)
    }

    /// What it names is not there.
    pub fn not_found(outside: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, outside)
    }

    /// Not in the present state.
    pub fn conflict(outside: impl Into<String>) -> Self {
        Self::new(Kind::Conflict, outside)
    }

    /// Not for this caller.
    pub fn forbidden(outside: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, outside)
    }

    /// Something we need does not answer; `inside` says what.
    pub fn unavailable(outside: impl Into<String>, inside: impl fmt::Display) -> Self {
        Self::new(Kind::Unavailable, outside).because(inside)
    }

    /// A fault of ours: the caller learns only that.
    pub fn internal(inside: impl fmt::Display) -> Self {
        Self::new(Kind::Internal, "the node failed to do this; its log says why").because(inside)
    }

    /// Names the field of the request that is meant.
    #[must_use]
    pub fn field(mut self, name: impl Into<String>) -> Self {
        self.field = Some(name.into());
        self
    }

    /// Adds what only the log may say.
    #[must_use]
    pub fn because(mut self, inside: impl fmt::Display) -> Self {
        self.inside = Some(match self.inside {
            Some(before) => format!("{before}: {inside}"),
            None => inside.to_string(),
        });
        self
    }

    /// The sort of refusal.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// The field that is meant, if one is.
    #[must_use]
    pub fn field_name(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// What the caller may read.
    #[must_use]
    pub fn outside(&self) -> &str {
        &self.outside
    }

    /// What only the log may say.
    #[must_use]
    pub fn inside(&self) -> Option<&str> {
        self.inside.as_deref()
    }
}

impl fmt::Display for Error {
    /// The outside text only, so that printing an error can never tell what is inside.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{field}: {}", self.outside),
            None => f.write_str(&self.outside),
        }
    }
}

impl std::error::Error for Error {}
