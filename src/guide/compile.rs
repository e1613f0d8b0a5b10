//! Schema lines to the flat tables of [`Guide`]. Takes audited files only.

use std::collections::HashMap;
use std::sync::Arc;

use super::base::Base;
use super::codes::CodeSet;
use super::model::{By, Choice, Choices, ClaimLoop, Element, ElementText, Guide, Ids, Key, Kid, Level, LineLoop};
use super::model::{Lines, Loop, Node, Run, Type, Usage};
use super::pattern::Pattern;
use super::quick::{Hot, Quick};
use super::source::{ElementLine, GuideFile, KidLine};
use super::{LoopId, Tag, syntax};

/// Data elements of a date and of its format: the second says how to read the first, which follows it.
const PERIOD: &str = "1251";
const PERIOD_FORMAT: &str = "1250";

pub(super) fn compile(file: &GuideFile, base: Arc<Base>) -> Guide {
    let mut compiler = Compiler::new(file, &base);
    compiler.loop_of(None, "", "", &file.kids);
    let Compiler { mut loops, mut kids, nodes, elements, texts, codes, patterns, .. } = compiler;
    let (quick, listed) = quick(&elements, &codes);
    let mut notes = Vec::new();
    let hot = nodes.iter().map(|node| Hot::of(node, &mut notes)).collect();
    let required = required(&mut loops, &mut kids);
    let ids = Ids::new(nodes.iter().map(|node| node.segment));
    let (dispatch, candidates) = dispatch(&loops, &kids, &nodes, &ids);
    let (chosen_by, choices) = choices(&dispatch, &candidates, &kids, &nodes, &codes);
    Guide {
        id: file.id.clone(),
        kind: file.kind.clone(),
        title: file.title.clone(),
        st01: file.st01.clone(),
        gs01: file.gs01.clone(),
        version: file.version.clone(),
        accept: file.accept.clone(),
        levels: levels(file),
        claims: claims(file),
        loops,
        kids,
        nodes,
        hot,
        notes,
        elements,
        quick,
        listed,
        texts,
        codes,
        patterns,
        ids,
        dispatch,
        candidates,
        chosen_by,
        choices,
        required,
        base,
    }
}

fn quick(elements: &[Element], codes: &[CodeSet]) -> (Vec<Quick>, Vec<Tag>) {
    let mut listed = Vec::new();
    let components = |of: &Element| &elements[of.first_component as usize..][..usize::from(of.component_count)];
    let one = |element: &Element| Quick::of(element, codes, &mut listed).with_components(components(element));
    let quick = elements.iter().map(one).collect();
    (quick, listed)
}

fn levels(file: &GuideFile) -> Vec<Level> {
    let index = |code: &String| file.levels.iter().position(|level| level.code == *code).map(|at| at as u8);
    let level = |line: &super::source::LevelLine| Level {
        code: line.code.clone(),
        loop_id: Tag::new(&line.loop_id),
        parent: line.parent.as_ref().and_then(index),
        claim_here_or_below: line.claim_here_or_below,
    };
    file.levels.iter().map(level).collect()
}

fn claims(file: &GuideFile) -> Vec<ClaimLoop> {
    let claim = |line: &super::source::ClaimLine| {
        let (segment, number) = line.name.split_at(line.name.len() - 2);
        ClaimLoop {
            loop_id: Tag::new(&line.loop_id),
            name_segment: Tag::new(segment),
            name_element: number.parse().unwrap_or(1),
            lines: line
                .lines
                .as_ref()
                .map(|lines| LineLoop { loop_id: Tag::new(lines), numbered: line.lines_numbered }),
        }
    };
    file.claims.iter().map(claim).collect()
}

struct Compiler<'a> {
    file: &'a GuideFile,
    base: &'a Base,
    loops: Vec<Loop>,
    kids: Vec<Kid>,
    nodes: Vec<Node>,
    elements: Vec<Element>,
    texts: Vec<ElementText>,
    codes: Vec<CodeSet>,
    patterns: Vec<Pattern>,
    code_index: HashMap<CodeSet, u16>,
    /// Shared loops already compiled.
    shared: HashMap<&'a str, LoopId>,
}

impl<'a> Compiler<'a> {
    fn new(file: &'a GuideFile, base: &'a Base) -> Compiler<'a> {
        Compiler {
            file,
            base,
            loops: Vec::new(),
            kids: Vec::new(),
            nodes: Vec::new(),
            elements: Vec::new(),
            texts: Vec::new(),
            codes: Vec::new(),
            patterns: Vec::new(),
            code_index: HashMap::new(),
            shared: HashMap::new(),
        }
    }

    /// Compiles a loop and what is inside it; its kids stand together in the table.
    fn loop_of(&mut self, shared: Option<&'a str>, id: &'a str, name: &'a str, kids: &'a [KidLine]) -> LoopId {
        let this = LoopId(self.loops.len() as u16);
        if let Some(shared) = shared {
            self.shared.insert(shared, this);
        }
        let first_kid = self.kids.len();
        self.loops.push(self.loop_head(id, name, first_kid, kids.len()));
        let (node, inner, rank, max, required) = (0, None, 0, 0, false);
        let unknown = Kid { node, inner, rank, max, required, required_bit: 0, required_before: 0 };
        self.kids.resize(first_kid + kids.len(), unknown);
        let mut rank = 0;
        for (n, line) in kids.iter().enumerate() {
            rank += u16::from(n > 0 && line.pos != kids[n - 1].pos);
            let required = line.usage == "R";
            self.kids[first_kid + n] = match &line.loop_id {
                None => Kid { node: self.node(this, line), rank, max: line.max, required, ..unknown },
                Some(_) => {
                    let inner = self.inner(line);
                    let first = usize::from(self.loops[usize::from(inner.0)].first_kid);
                    Kid { node: self.kids[first].node, inner: Some(inner), rank, max: line.rep, required, ..unknown }
                }
            };
        }
        this
    }

    fn inner(&mut self, line: &'a KidLine) -> LoopId {
        let id = line.loop_id.as_deref().unwrap_or("");
        let Some(reference) = &line.reference else { return self.loop_of(None, id, &line.name, &line.kids) };
        if let Some(&done) = self.shared.get(reference.as_str()) {
            return done;
        }
        let def = &self.file.defs[reference];
        self.loop_of(Some(reference), id, &def.name, &def.kids)
    }

    fn loop_head(&self, id: &str, name: &str, first_kid: usize, kid_count: usize) -> Loop {
        let position = |found: Option<usize>| found.map(|at| at as u8);
        let of_lines = |line: &&super::source::ClaimLine| line.lines.as_deref() == Some(id);
        Loop {
            loop_id: Tag::new(id),
            name: name.to_string(),
            first_kid: first_kid as u16,
            kid_count: kid_count as u16,
            level: position(self.file.levels.iter().position(|level| level.loop_id == id)),
            claim: position(self.file.claims.iter().position(|claim| claim.loop_id == id)),
            lines: match self.file.claims.iter().find(of_lines) {
                Some(claim) if claim.lines_numbered => Lines::Numbered,
                Some(_) => Lines::Plain,
                None => Lines::No,
            },
            required: Run::default(),
        }
    }

    fn node(&mut self, inside: LoopId, line: &KidLine) -> u16 {
        let segment = line.seg.as_deref().unwrap_or("");
        let first_element = self.elements.len();
        let (mut required_mask, mut not_used_mask) = (0, 0);
        for (n, element) in line.els.iter().enumerate() {
            let before = n.checked_sub(1).map(|n| &line.els[n]);
            let compiled = self.element(segment, n + 1, 0, element, before);
            match compiled.usage {
                Usage::Required => required_mask |= 1 << n,
                Usage::NotUsed => not_used_mask |= 1 << n,
                Usage::Situational => {}
            }
            self.elements.push(compiled);
        }
        // The elements stand together; their components follow.
        for (n, element) in line.els.iter().enumerate() {
            self.elements[first_element + n].first_component = self.elements.len() as u32;
            self.elements[first_element + n].component_count = element.sub.len() as u8;
            for (m, component) in element.sub.iter().enumerate() {
                let before = m.checked_sub(1).map(|m| &element.sub[m]);
                let component = self.element(segment, n + 1, m + 1, component, before);
                self.elements.push(component);
            }
        }
        let node = Node {
            segment: Tag::new(segment),
            name: line.name.clone(),
            loop_id: self.loops[usize::from(inside.0)].loop_id,
            loop_index: inside,
            required: line.usage == "R",
            max: line.max,
            first_element: first_element as u32,
            element_count: line.els.len() as u16,
            keys: self.keys(line),
            notes: line.syn.iter().filter_map(|note| syntax::parse(note, line.els.len())).collect(),
            required_mask,
            not_used_mask,
        };
        self.nodes.push(node);
        (self.nodes.len() - 1) as u16
    }

    fn keys(&mut self, line: &KidLine) -> Vec<Key> {
        let mut keys = Vec::new();
        for key in line.key.iter().flat_map(|key| key.all()) {
            for (n, element) in line.els.iter().enumerate() {
                let parts = std::iter::once(element).chain(&element.sub).enumerate();
                for (component, part) in parts.filter(|(_, part)| part.e == *key) {
                    if let Some(codes) = self.code_set(part) {
                        keys.push(Key { element: n as u8 + 1, component: component as u8, codes });
                    }
                }
            }
        }
        keys
    }

    fn element(
        &mut self,
        segment: &str,
        position: usize,
        component: usize,
        line: &ElementLine,
        before: Option<&ElementLine>,
    ) -> Element {
        let usage = match line.u.as_str() {
            "R" => Usage::Required,
            "N" => Usage::NotUsed,
            _ => Usage::Situational,
        };
        let kind = match &line.t {
            Some(text) => syntax::kind(text).unwrap_or(Type::Text),
            None if line.sub.is_empty() => Type::Text,
            None => Type::Composite,
        };
        let text = self.texts.len() as u32;
        self.texts.push(ElementText {
            reference: line.e.clone(),
            number: line.d.clone(),
            name: line.n.clone(),
            external: line.ext.clone(),
        });
        Element {
            position: position as u8,
            component: component as u8,
            usage,
            kind,
            min: line.min,
            max: line.max,
            guide_max: line.imax,
            repeat_max: line.rep,
            base_required: self.base.requires(segment, position, component),
            format_before: line.d == PERIOD && before.is_some_and(|before| before.d == PERIOD_FORMAT),
            codes: self.code_set(line),
            pattern: self.pattern(line),
            first_component: 0,
            component_count: 0,
            text,
        }
    }

    fn pattern(&mut self, line: &ElementLine) -> Option<u16> {
        self.patterns.push(Pattern::new(line.re.as_deref()?)?);
        Some((self.patterns.len() - 1) as u16)
    }

    fn code_set(&mut self, line: &ElementLine) -> Option<u16> {
        let set = CodeSet::new(line.codes.as_ref()?.iter().map(String::as_str));
        let next = self.codes.len() as u16;
        let index = *self.code_index.entry(set.clone()).or_insert(next);
        if index == next {
            self.codes.push(set);
        }
        Some(index)
    }
}

/// The required kids of each loop, in order; and each kid's place among them.
fn required(loops: &mut [Loop], kids: &mut [Kid]) -> Vec<u16> {
    let mut required = Vec::new();
    for of in loops {
        let first = required.len();
        let range = usize::from(of.first_kid)..usize::from(of.first_kid + of.kid_count);
        let (mut seen, mut before, mut rank) = (0, 0, 0);
        for at in range {
            let kid = &mut kids[at];
            if kid.rank > rank {
                (before, rank) = (seen, kid.rank);
            }
            kid.required_before = before;
            // More than a mask holds no loop of any guide has; those beyond would not be missed.
            if kid.required && required.len() - first < 64 {
                kid.required_bit = 1 << (required.len() - first);
                seen |= kid.required_bit;
                required.push(at as u16);
            }
        }
        of.required = Run { first: first as u16, count: (required.len() - first) as u16 };
    }
    required
}

/// How each run of candidates is told apart: mostly by the value of one element, which is then listed.
fn choices(
    runs: &[Run],
    candidates: &[u16],
    kids: &[Kid],
    nodes: &[Node],
    codes: &[CodeSet],
) -> (Vec<Choices>, Vec<Choice>) {
    let (mut chosen_by, mut choices) = (Vec::with_capacity(runs.len()), Vec::new());
    for run in runs {
        let first = choices.len();
        let mut by = By::Nothing;
        for &kid in &candidates[usize::from(run.first)..][..usize::from(run.count)] {
            let keys = &nodes[usize::from(kids[usize::from(kid)].node)].keys;
            let (own, values): (By, &[Tag]) = match keys[..] {
                [] => (By::Any, &[Tag::NONE]),
                [Key { element, component, codes: at }] => match (component, codes[usize::from(at)].tags()) {
                    (0, Some(tags)) => (By::Element(element), tags),
                    (component, Some(tags)) => (By::Component(element, component), tags),
                    (_, None) => (By::Keys, &[]),
                },
                _ => (By::Keys, &[]),
            };
            by = if by == By::Nothing || by == own { own } else { By::Keys };
            choices.extend(values.iter().map(|&value| Choice { value, kid }));
        }
        if by == By::Keys {
            choices.truncate(first);
        }
        let run = Run { first: first as u16, count: (choices.len() - first) as u16 };
        chosen_by.push(Choices { run, by });
    }
    (chosen_by, choices)
}

/// For each loop and segment id, the kids it may be: those with more keys first, then in the guide's order.
fn dispatch(loops: &[Loop], kids: &[Kid], nodes: &[Node], ids: &Ids) -> (Vec<Run>, Vec<u16>) {
    let (mut runs, mut candidates) = (Vec::new(), Vec::new());
    for (n, of) in loops.iter().enumerate() {
        let range = usize::from(of.first_kid)..usize::from(of.first_kid) + usize::from(of.kid_count);
        for &id in &ids.tags {
            // The segment that begins a loop begins another one when it comes again: its place is in the parent.
            let begins_this = |kid: usize| n > 0 && kid == range.start && kids[kid].max == 1;
            let is_id = |kid: &usize| nodes[usize::from(kids[*kid].node)].segment == id && !begins_this(*kid);
            let mut run: Vec<usize> = range.clone().filter(is_id).collect();
            run.sort_by_key(|&kid| (kids[kid].rank, std::cmp::Reverse(nodes[usize::from(kids[kid].node)].keys.len())));
            runs.push(Run { first: candidates.len() as u16, count: run.len() as u16 });
            candidates.extend(run.iter().map(|&kid| kid as u16));
        }
    }
    (runs, candidates)
}

impl Ids {
    const SLOTS_BITS: u32 = 10;
    pub(super) const NONE: u8 = u8::MAX;

    /// Tries factors until no two ids meet in a slot; with some sixty ids in 1,024 slots a few tries do.
    fn new(tags: impl Iterator<Item = Tag>) -> Ids {
        let mut distinct: Vec<Tag> = tags.collect();
        distinct.sort_unstable();
        distinct.dedup();
        let mut factor = 0x9E37_79B9_7F4A_7C15u64;
        loop {
            let mut ids = Ids { tags: distinct.clone(), slots: vec![Ids::NONE; 1 << Ids::SLOTS_BITS], factor };
            let mut free = true;
            for (n, &tag) in distinct.iter().enumerate() {
                let slot = ids.slot(tag);
                free &= ids.slots[slot] == Ids::NONE;
                ids.slots[slot] = n as u8;
            }
            if free {
                return ids;
            }
            factor = factor.wrapping_mul(0xD134_2543_DE82_EF95) | 1;
        }
    }

    #[inline]
    fn slot(&self, tag: Tag) -> usize {
        (tag.raw().wrapping_mul(self.factor) >> (64 - Ids::SLOTS_BITS)) as usize
    }

    #[inline]
    pub(super) fn find(&self, tag: Tag) -> Option<usize> {
        let index = usize::from(self.slots[self.slot(tag)]);
        (self.tags.get(index) == Some(&tag)).then_some(index)
    }
}
