//! A payer's own edits (SNIP 7): two conditions in CEL over the claim, compiled and judged when the payer's file is
//! read, so that a slip in one is told to the operator and never to a biller.

mod types;
mod view;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use cel::objects::Key;
use cel::{Context, Env, ExecutionError, Program, Value};

use self::types::{Type, Used};
use self::view::{Field, Seen};
use super::catalogue;
use super::claim::Claim;
use super::report::Report;
use crate::domain::finding::StatusCode;
use crate::domain::{ClaimKind, Severity};

/// An edit as it stands in the payer's file.
#[derive(Clone, Debug)]
pub struct Written {
    pub edit: PayersOwn,
    /// The claims it looks at.
    pub when: String,
    /// What must hold for them.
    pub require: String,
    /// The kinds of claim it looks at.
    pub applies: Vec<ClaimKind>,
}

/// What a finding of the edit says.
#[derive(Clone, Debug)]
pub struct PayersOwn {
    pub id: String,
    pub message: String,
    pub status: Option<StatusCode>,
    pub severity: Severity,
}

impl PayersOwn {
    pub const SNIP: u8 = 7;
}

/// What is wrong with one edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Position of the edit in the list, from 0.
    pub edit: usize,
    /// The key of the file: `id`, `when` or `require`.
    pub key: &'static str,
    pub text: String,
}

/// The edits of one payer, ready to run.
pub struct PayerEdits {
    edits: Vec<Compiled>,
    env: Arc<Env>,
    /// What of a claim any of the conditions asks for: nothing else is made for them.
    used: Used,
}

struct Compiled {
    own: PayersOwn,
    when: Program,
    require: Program,
    applies: Vec<ClaimKind>,
    /// A condition of it could not be computed, and the log has it.
    told: AtomicBool,
}

impl PayerEdits {
    /// Every problem of every edit, or all of them compiled.
    pub fn compile(list: &[Written]) -> Result<PayerEdits, Vec<Problem>> {
        let (env, mut used) = (Arc::new(Env::stdlib()), Used::default());
        let (mut edits, mut problems) = (Vec::new(), Vec::new());
        for (edit, written) in list.iter().enumerate() {
            let mut condition = |key, text: &str| match program(&env, text, &mut used) {
                Ok(program) => Some(program),
                Err(text) => {
                    problems.push(Problem { edit, key, text });
                    None
                }
            };
            let (when, require) = (condition("when", &written.when), condition("require", &written.require));
            if catalogue::by_id(&written.edit.id).is_some() {
                let text =
                    format!("\"{}\" is one of the gateway's own edits; give this one another id", written.edit.id);
                problems.push(Problem { edit, key: "id", text });
            }
            if let (Some(when), Some(require)) = (when, require) {
                let (own, applies, told) = (written.edit.clone(), written.applies.clone(), AtomicBool::new(false));
                edits.push(Compiled { own, when, require, applies, told });
            }
        }
        if problems.is_empty() { Ok(PayerEdits { edits, env, used }) } else { Err(problems) }
    }

    pub fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Reports each edit whose `when` holds for the claim and whose `require` does not.
    pub fn check(&self, claim: &Claim<'_>, report: &mut Report<'_>) {
        let concerned = |edit: &&Compiled| edit.applies.contains(&claim.kind);
        if report.snip_max < PayersOwn::SNIP || !self.edits.iter().any(|edit| concerned(&edit)) {
            return;
        }
        let mut context = Context::with_env(self.env.clone());
        context.add_variable_from_value("claim", claim_value(claim, &self.used));
        for edit in self.edits.iter().filter(concerned) {
            match edit.breaks(&context) {
                Ok(true) => report.add_payers(&edit.own, &claim.clm()),
                Ok(false) => {}
                Err(error) => edit.tell_once(&error),
            }
        }
    }
}

impl Compiled {
    fn breaks(&self, context: &Context<'_, '_>) -> Result<bool, ExecutionError> {
        Ok(holds(&self.when, context)? && !holds(&self.require, context)?)
    }

    /// An edit that cannot judge a claim lets it pass. The log hears of it once until the file is read again.
    fn tell_once(&self, error: &ExecutionError) {
        if !self.told.swap(true, Ordering::Relaxed) {
            let why = why(error);
            tracing::warn!(edit = self.own.id, why, "a payer's edit could not judge a claim, which passed it");
        }
    }
}

fn holds(condition: &Program, context: &Context<'_, '_>) -> Result<bool, ExecutionError> {
    match condition.execute(context)? {
        Value::Bool(holds) => Ok(holds),
        other => Err(ExecutionError::UnexpectedType { got: other.type_of().to_string(), want: "bool".to_string() }),
    }
}

/// For the log: the error's own text can hold values of the claim.
fn why(error: &ExecutionError) -> &'static str {
    match error {
        ExecutionError::IndexOutOfBounds(_) => "a list is shorter than the condition expects",
        ExecutionError::DivisionByZero(_) | ExecutionError::RemainderByZero(_) => "a division by zero",
        ExecutionError::Overflow(..) => "a number too large",
        ExecutionError::FunctionError { .. } => "a function failed, as int() of a text that is no number",
        ExecutionError::UnexpectedType { .. } => "a condition came to something else than true or false",
        // The list of another crate, which may grow.
        _ => "a condition that does not fit the claim",
    }
}

/// Compiles a condition; or says what is wrong with it.
fn program(env: &Arc<Env>, text: &str, used: &mut Used) -> Result<Program, String> {
    // The parser is generated code of another crate, and a text that it stumbles over is a fault of the file.
    let parsed = catch_unwind(AssertUnwindSafe(|| env.compile(text)));
    let program = parsed.map_err(|_| "cannot be read as a condition".to_string())?.map_err(|errors| {
        let first = errors.errors.first();
        let column = first.map_or(0, |error| error.pos.1);
        let what = first.map_or("", |error| error.msg.lines().next().unwrap_or(""));
        format!("cannot be read as a condition: {what} (at its character {column})")
    })?;
    types::check(program.expression(), used)?;
    dry_run(env, &program)?;
    Ok(program)
}

/// Runs a condition over a made-up claim that has everything: what the types did not show, as a bad pattern.
fn dry_run(env: &Arc<Env>, program: &Program) -> Result<(), String> {
    let mut context = Context::with_env(env.clone());
    let line = map(view::LINE.iter().map(|field| (field.name, sample(field, &Value::Null))));
    context.add_variable_from_value("claim", map(view::CLAIM.iter().map(|field| (field.name, sample(field, &line)))));
    match holds(program, &context) {
        Ok(_) => Ok(()),
        // What depends on a claim's values says nothing of the condition.
        Err(ExecutionError::IndexOutOfBounds(_) | ExecutionError::DivisionByZero(_))
        | Err(ExecutionError::RemainderByZero(_) | ExecutionError::Overflow(..)) => Ok(()),
        Err(ExecutionError::FunctionError { function, .. }) if function != "matches" => Ok(()),
        Err(error) => Err(format!("cannot be computed: {error}")),
    }
}

fn sample<S: Seen>(field: &Field<S>, line: &Value) -> Value {
    const SAMPLES: usize = 12;
    match field.kind() {
        Type::Whole => Value::Int(1),
        Type::Decimal => Value::Float(1.0),
        Type::Truth => Value::Bool(true),
        Type::List(of) if *of == Type::Line => vec![line.clone(); SAMPLES].into(),
        Type::List(_) => vec!["1"; SAMPLES].into(),
        Type::Text | Type::Claim | Type::Line | Type::Any => "1".into(),
    }
}

fn claim_value(claim: &Claim<'_>, used: &Used) -> Value {
    let lines = || {
        let lines = claim.lines().map(|line| {
            let fields = used.line.iter().map(|&at| &view::LINE[at]);
            map(fields.map(|field| (field.name, field.value(&line, || Value::Null))))
        });
        Value::List(Arc::new(lines.collect()))
    };
    map(used.claim.iter().map(|&at| &view::CLAIM[at]).map(|field| (field.name, field.value(claim, lines))))
}

fn map(fields: impl Iterator<Item = (&'static str, Value)>) -> Value {
    fields.map(|(name, value)| (Key::from(name), value)).collect::<HashMap<Key, Value>>().into()
}
