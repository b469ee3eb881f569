//! `#[tool] impl`: the hooks of a tool.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ReceiverKind;

use super::Read;
use super::block::{Function, Member, members};
use super::keys::Keys;
use crate::mistakes::{Mistake, Mistakes};
use crate::model::{Hook, Hooks};
use crate::names::suggestion;
use crate::words::{Word, take};

/// The points, as methods are named for them, and as the framework's type names them.
pub(crate) const POINTS: [(&str, &str); 8] = [
    ("on_start_resource", "OnStartResource"),
    ("before_request_body", "BeforeRequestBody"),
    ("before_handler", "BeforeHandler"),
    ("before_finalize", "BeforeFinalize"),
    ("on_end_resource", "OnEndResource"),
    ("before_error_response", "BeforeErrorResponse"),
    ("after_error_response", "AfterErrorResponse"),
    ("on_end_request", "OnEndRequest"),
];

/// What else a tool may do.
const AROUND: &str = "around_handler";
const PREPARE: &str = "prepare";
const IDLE: &str = "is_idle";

/// Reads the block; `None` when even its head cannot be read.
pub(crate) fn hooks(
    arguments: TokenStream,
    item: TokenStream,
    mistakes: &mut Mistakes,
) -> Option<Read<Hooks>> {
    if let Some(argument) = arguments.into_iter().next() {
        mistakes.add(
            Mistake::at(argument, "`#[tool]` takes no arguments on the `impl` block")
                .help("what it says of the whole tool stands above the struct"),
        );
    }
    let (mut head, body) = mistakes.sort(members(item))?;
    for written in take(&mut head.attrs) {
        mistakes.add(written.word.misplaced(&written.attr));
    }
    let mut model = Hooks {
        self_ty: (*head.self_ty).clone(),
        hooks: Vec::new(),
        around: false,
        prepare: false,
        idle: false,
    };
    for member in &body.members {
        match member {
            Member::Function(function) => {
                mistakes.sort(hook(function, &mut model));
            }
            Member::Other(other) => mistakes.add(
                Mistake::at(other, "only hooks stand in this block")
                    .help("move this to an ordinary `impl` block, where helpers live"),
            ),
        }
    }
    if let Some((of, _)) = &head.trait_ {
        mistakes.add(
            Mistake::at(
                of,
                "the hooks of a tool are its own methods, not those of a trait",
            )
            .help("write `#[tool] impl Name { … }`"),
        );
    }
    head.items = vec![syn::ImplItem::Verbatim(body.into_token_stream())];
    Some(Read {
        item: head.into_token_stream(),
        model: (!mistakes.any()).then_some(model),
    })
}

fn hook(function: &Function, model: &mut Hooks) -> syn::Result<()> {
    let ident = &function.sig.ident;
    let name = ident.to_string();
    let (mut priority, mut failsafe) = (None, false);
    for written in &function.words {
        match written.word {
            Word::Hook => {
                let mut keys = Keys::of("hook", &written.attr, &["priority", "failsafe"])?;
                priority = keys.expression("priority")?;
                failsafe = keys.flag("failsafe")?.is_some();
            }
            word => return word.misplaced(&written.attr).refuse(),
        }
    }
    let waits = function.sig.asyncness.is_some();
    if name == PREPARE {
        model.prepare = true;
        return no_waiting(function, &name);
    }
    shared(function)?;
    if name == IDLE {
        model.idle = true;
        return no_waiting(function, &name);
    }
    if name == AROUND {
        model.around = true;
        if !waits {
            return Mistake::at(ident, "a tool waits for the page that it is around")
                .help("write `async fn around_handler(&self, x: &mut Exchange, next: Next<'_>) -> Result<HttpResponse>`")
                .refuse();
        }
        return Ok(());
    }
    let Some((_, point)) = POINTS.iter().find(|(known, _)| *known == name) else {
        let known = POINTS.map(|(known, _)| known);
        let known: Vec<_> = known.into_iter().chain([AROUND, PREPARE, IDLE]).collect();
        return Mistake::at(ident, format!("`{name}` is no hook point"))
            .help(suggestion(&name, &known))
            .note("helpers live in an ordinary `impl` block")
            .refuse();
    };
    model.hooks.push(Hook {
        cfgs: super::conditions(&function.attrs),
        ident: ident.clone(),
        point: (*point).to_owned(),
        priority,
        failsafe,
        waits,
    });
    Ok(())
}

/// Workers share a tool, so a hook can only look at it.
fn shared(function: &Function) -> syn::Result<()> {
    let ident = &function.sig.ident;
    match function.sig.receiver() {
        Some(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, None, None) => Ok(()),
            _ => Mistake::at(
                receiver,
                "many requests share a tool, so no hook has it for itself",
            )
            .help("write `&self`, and keep what changes in a `Mutex` or an atomic")
            .refuse(),
        },
        None => Mistake::at(ident, format!("`{ident}` does not take `&self`"))
            .help(format!("write `fn {ident}(&self, x: &mut Exchange)`"))
            .refuse(),
    }
}

fn no_waiting(function: &Function, name: &str) -> syn::Result<()> {
    match &function.sig.asyncness {
        Some(wait) => Mistake::at(
            wait,
            format!("`{name}` is called at start, where nothing waits"),
        )
        .help("remove `async`")
        .refuse(),
        None => Ok(()),
    }
}
