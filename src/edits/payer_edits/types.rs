//! Types of conditions, found before any claim is seen: a name that is not there, text compared with a number, a
//! list asked for a field. CEL itself would say so only for the claim that stumbles over it, or not at all.

use std::collections::BTreeSet;
use std::fmt;

use cel::IdedExpr;
use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, LiteralValue, SelectExpr, operators as op};

use super::view::{self, Field, Seen};
use crate::domain::nearest;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Text,
    Whole,
    Decimal,
    Truth,
    List(Box<Type>),
    Claim,
    Line,
    /// Not known before the condition runs.
    Any,
}

impl Type {
    pub fn list(of: Type) -> Type {
        Type::List(Box::new(of))
    }

    fn is_number(&self) -> bool {
        matches!(self, Type::Whole | Type::Decimal)
    }

    /// True when values of both can be equal.
    fn meets(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Any, _) | (_, Type::Any) => true,
            (Type::List(one), Type::List(another)) => one.meets(another),
            (one, another) => one == another || one.is_number() && another.is_number(),
        }
    }

    /// What a value is that may be either.
    fn or(self, other: Type) -> Type {
        match (self, other) {
            (Type::Any, known) | (known, Type::Any) => known,
            (Type::List(one), Type::List(another)) => Type::list(one.or(*another)),
            (one, another) => {
                if one == another {
                    one
                } else {
                    Type::Any
                }
            }
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Text => f.write_str("text"),
            Type::Whole => f.write_str("a whole number"),
            Type::Decimal => f.write_str("a decimal number"),
            Type::Truth => f.write_str("true or false"),
            Type::List(of) if **of == Type::Line => f.write_str("a list of lines"),
            Type::List(of) if **of == Type::Text => f.write_str("a list of texts"),
            Type::List(_) => f.write_str("a list"),
            Type::Claim => f.write_str("the whole claim"),
            Type::Line => f.write_str("a whole line"),
            Type::Any => f.write_str("a value"),
        }
    }
}

/// Fields that conditions ask for, as positions in [`view::CLAIM`] and [`view::LINE`].
#[derive(Debug, Default)]
pub struct Used {
    pub claim: BTreeSet<usize>,
    pub line: BTreeSet<usize>,
}

/// Finds what is wrong with a condition; adds the fields it asks for to `used`.
pub fn check(condition: &IdedExpr, used: &mut Used) -> Result<(), String> {
    let mut checker = Checker { used, scope: vec![("claim".to_string(), Type::Claim)] };
    match checker.of(condition)? {
        Type::Truth | Type::Any => Ok(()),
        other => Err(format!("must be true or false, as claim.referral != ''; it is {other}")),
    }
}

struct Checker<'u> {
    used: &'u mut Used,
    /// Names that can be used here, the innermost last.
    scope: Vec<(String, Type)>,
}

type Found = Result<Type, String>;

const FUNCTIONS: [&str; 8] = ["contains", "double", "endsWith", "int", "matches", "size", "startsWith", "string"];
/// Macros: with the right number of arguments they are no calls.
const WALKS: [&str; 5] = ["all", "exists", "exists_one", "filter", "map"];

impl Checker<'_> {
    fn of(&mut self, expr: &IdedExpr) -> Found {
        match &expr.expr {
            Expr::Literal(literal) => Ok(of_literal(literal)),
            Expr::Ident(name) => self.of_name(name),
            Expr::Select(select) => self.of_field(select),
            Expr::Call(call) => self.of_call(call),
            Expr::Comprehension(walk) => self.of_walk(walk),
            Expr::List(list) => {
                let mut of = Type::Any;
                for element in &list.elements {
                    of = of.or(self.of_value(element)?);
                }
                Ok(Type::list(of))
            }
            Expr::Map(_) | Expr::Struct(_) => Err("{...} has no use here".to_string()),
            Expr::Unspecified => Err("has an empty part".to_string()),
        }
    }

    /// Of a part that stands for a value: the claim as a whole is none.
    fn of_value(&mut self, expr: &IdedExpr) -> Found {
        match self.of(expr)? {
            Type::Claim => Err("claim must be followed by a field, as claim.place_of_service".to_string()),
            other => Ok(other),
        }
    }

    fn of_name(&self, name: &str) -> Found {
        if let Some((_, kind)) = self.scope.iter().rev().find(|(known, _)| known == name) {
            return Ok(kind.clone());
        }
        let claims = view::CLAIM.iter().any(|field| field.name == name);
        Err(match nearest(name, self.scope.iter().map(|(known, _)| known.as_str())) {
            _ if claims => format!("there is no {name}; did you mean claim.{name}?"),
            Some(meant) => format!("there is no {name}; did you mean {meant}?"),
            None => format!("there is no {name}; a text stands in quotes, as '{name}', and a field after claim."),
        })
    }

    fn of_field(&mut self, select: &SelectExpr) -> Found {
        let (name, of) = (select.field.as_str(), self.of(&select.operand)?);
        let found = match of {
            Type::Claim => field(view::CLAIM, "claim", name, &mut self.used.claim)?,
            Type::Line => field(view::LINE, "a line", name, &mut self.used.line)?,
            Type::List(of) if *of == Type::Line => {
                let problem = "claim.lines is a list; say which line, as claim.lines[0]";
                return Err(format!("{problem}.{name} or claim.lines.exists(line, line.{name} == ...)"));
            }
            Type::Text | Type::Whole | Type::Decimal | Type::Truth | Type::List(_) | Type::Any => {
                return Err(format!("{} is {of} and has no field {name}", written(&select.operand)));
            }
        };
        // `has(claim.referral)` would be true for every claim, which nobody means who writes it.
        match select.test {
            true => Err(format!("every field is always there, empty or not; instead of has() write .{name} != ''")),
            false => Ok(found),
        }
    }

    fn of_call(&mut self, call: &CallExpr) -> Found {
        let parts: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let name = call.func_name.as_str();
        if let (true, [list, ..]) = (WALKS.contains(&name), &parts[..]) {
            return Err(format!("{name} takes a name and a condition, as {}.{name}(one, one != '')", written(list)));
        }
        let mut types = Vec::new();
        for part in &parts {
            types.push(self.of_value(part)?);
        }
        match (name, &types[..]) {
            (op::LOGICAL_NOT | op::NOT_STRICTLY_FALSE, [_]) | (op::LOGICAL_AND | op::LOGICAL_OR, [_, _]) => {
                let conditions = parts.iter().zip(&types);
                conditions.into_iter().try_for_each(|(part, kind)| must_be_truth(part, kind))?;
                Ok(Type::Truth)
            }
            (op::CONDITIONAL, [condition, yes, no]) => {
                must_be_truth(parts[0], condition)?;
                Ok(yes.clone().or(no.clone()))
            }
            (op::EQUALS | op::NOT_EQUALS, [one, another]) => match one.meets(another) {
                true => Ok(Type::Truth),
                false => Err(differ(&parts, &types)),
            },
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, [one, another]) => {
                let ordered = |kind: &Type| matches!(kind, Type::Text | Type::Any) || kind.is_number();
                let both = ordered(one) && ordered(another) && one.meets(another);
                if both { Ok(Type::Truth) } else { Err(differ(&parts, &types)) }
            }
            (op::IN, [one, Type::List(of)]) => match one.meets(of) {
                true => Ok(Type::Truth),
                false => Err(format!("{} is {one}, and the list after `in` has other values", written(parts[0]))),
            },
            (op::IN, [_, Type::Any]) => Ok(Type::Truth),
            (op::IN, [_, other]) => Err(format!("after `in` stands a list, as ['21', '51']; {other} is none")),
            (op::INDEX, [Type::List(of), Type::Whole | Type::Any]) => Ok((**of).clone()),
            (op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO | op::NEGATE, _) => {
                arithmetic(name, &parts, &types)
            }
            (_, _) => function(name, &parts, &types),
        }
    }

    /// `all`, `exists` and the like, as the parser writes them out.
    fn of_walk(&mut self, walk: &ComprehensionExpr) -> Found {
        let element = match self.of_value(&walk.iter_range)? {
            Type::List(of) => *of,
            Type::Any => Type::Any,
            other => return Err(format!("{} is {other}, not a list", written(&walk.iter_range))),
        };
        let start = self.of_value(&walk.accu_init)?;
        let depth = self.scope.len();
        self.scope.push((walk.accu_var.clone(), start.clone()));
        self.scope.push((walk.iter_var.clone(), element));
        self.of_value(&walk.loop_cond)?;
        let step = self.of_value(&walk.loop_step)?;
        self.scope[depth].1 = start.or(step);
        let result = self.of_value(&walk.result);
        self.scope.truncate(depth);
        result
    }
}

fn of_literal(literal: &LiteralValue) -> Type {
    match literal {
        LiteralValue::Boolean(_) => Type::Truth,
        LiteralValue::Double(_) => Type::Decimal,
        LiteralValue::Int(_) => Type::Whole,
        LiteralValue::String(_) => Type::Text,
        LiteralValue::UInt(_) | LiteralValue::Bytes(_) | LiteralValue::Null => Type::Any,
    }
}

fn field<S: Seen>(fields: &[Field<S>], of: &str, name: &str, used: &mut BTreeSet<usize>) -> Found {
    match fields.iter().position(|field| field.name == name) {
        Some(at) => {
            used.insert(at);
            Ok(fields[at].kind())
        }
        None => Err(match nearest(name, fields.iter().map(|field| field.name)) {
            Some(meant) => format!("{of} has no field {name}; did you mean {meant}?"),
            None => {
                let all: Vec<&str> = fields.iter().map(|field| field.name).collect();
                format!("{of} has no field {name}; it has {}", all.join(", "))
            }
        }),
    }
}

fn must_be_truth(part: &IdedExpr, kind: &Type) -> Result<(), String> {
    match kind {
        Type::Truth | Type::Any => Ok(()),
        Type::Text | Type::Whole | Type::Decimal | Type::List(_) | Type::Claim | Type::Line => {
            Err(format!("{} is {kind}; what stands with !, &&, || or ? must be true or false", written(part)))
        }
    }
}

fn differ(parts: &[&IdedExpr], types: &[Type]) -> String {
    let sides: Vec<String> =
        parts.iter().zip(types).map(|(part, kind)| format!("{} is {kind}", written(part))).collect();
    let quotes = types.contains(&Type::Text) && types.iter().any(Type::is_number);
    let hint = if quotes { "; codes are text and stand in quotes, as '21', numbers without" } else { "" };
    format!("{}, which do not compare{hint}", sides.join(" and "))
}

fn arithmetic(name: &str, parts: &[&IdedExpr], types: &[Type]) -> Found {
    match (name, types) {
        (op::NEGATE, [kind]) if kind.is_number() => Ok(kind.clone()),
        (op::ADD, [Type::Text, Type::Text]) => Ok(Type::Text),
        (op::ADD, [one @ Type::List(_), another @ Type::List(_)]) => Ok(one.clone().or(another.clone())),
        (op::MODULO, [Type::Decimal, _] | [_, Type::Decimal]) => Err("% takes whole numbers".to_string()),
        (_, [Type::Whole, Type::Whole]) => Ok(Type::Whole),
        (_, [Type::Decimal, Type::Decimal]) => Ok(Type::Decimal),
        (_, [one, another]) if one.is_number() && another.is_number() => {
            let sides = format!("{} and {}", written(parts[0]), written(parts[1]));
            Err(format!("{sides} are a whole and a decimal number, which do not mix; write 2.0 for 2"))
        }
        (_, types) if types.contains(&Type::Any) => Ok(Type::Any),
        (_, _) => {
            let all: Vec<String> = types.iter().map(Type::to_string).collect();
            Err(format!("cannot count with {}", all.join(" and ")))
        }
    }
}

fn function(name: &str, parts: &[&IdedExpr], types: &[Type]) -> Found {
    let could_be_text = |kind: &Type| matches!(kind, Type::Text | Type::Any);
    match (name, types) {
        ("contains" | "startsWith" | "endsWith" | "matches", [of, with]) => {
            match could_be_text(of) && could_be_text(with) {
                true => Ok(Type::Truth),
                false => Err(format!("{name} looks into a text for a text; {} is {of}", written(parts[0]))),
            }
        }
        ("size", [Type::Text | Type::List(_) | Type::Any]) => Ok(Type::Whole),
        ("int", [Type::Text | Type::Whole | Type::Decimal | Type::Any]) => Ok(Type::Whole),
        ("double", [Type::Text | Type::Whole | Type::Decimal | Type::Any]) => Ok(Type::Decimal),
        ("string", [Type::Text | Type::Whole | Type::Decimal | Type::Truth | Type::Any]) => Ok(Type::Text),
        (op::INDEX, _) => Err(format!("{} cannot be asked with [...] so", written(parts[0]))),
        (known, _) if FUNCTIONS.contains(&known) => {
            let all: Vec<String> = types.iter().map(Type::to_string).collect();
            Err(format!("{name} does not work on {}", all.join(" and ")))
        }
        (_, _) => Err(match nearest(name, FUNCTIONS.iter().chain(&WALKS).copied()) {
            Some(meant) => format!("there is no function {name}; did you mean {meant}?"),
            None => {
                format!("there is no function {name}; there are {}", [&FUNCTIONS[..], &WALKS[..]].concat().join(", "))
            }
        }),
    }
}

/// A part as the operator wrote it, where it is short.
fn written(expr: &IdedExpr) -> String {
    match &expr.expr {
        Expr::Ident(name) => name.clone(),
        Expr::Select(select) => format!("{}.{}", written(&select.operand), select.field),
        Expr::Literal(LiteralValue::String(text)) => format!("'{}'", text.inner()),
        Expr::Literal(LiteralValue::Int(number)) => number.inner().to_string(),
        Expr::Literal(LiteralValue::Double(number)) => number.inner().to_string(),
        Expr::Literal(LiteralValue::Boolean(truth)) => truth.inner().to_string(),
        Expr::Call(CallExpr { func_name, target: None, args }) if func_name == op::INDEX && args.len() == 2 => {
            format!("{}[{}]", written(&args[0]), written(&args[1]))
        }
        Expr::Literal(LiteralValue::UInt(_) | LiteralValue::Bytes(_) | LiteralValue::Null)
        | Expr::Call(_)
        | Expr::Comprehension(_)
        | Expr::List(_)
        | Expr::Map(_)
        | Expr::Struct(_)
        | Expr::Unspecified => "one part".to_string(),
    }
}
