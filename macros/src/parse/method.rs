//! One method of an exposed block.

use syn::{ReturnType, Signature, Type};

use super::block::Function;
use super::parameter::parameters;
use super::tools::tools;
use super::{Options, conditions, first_paragraph, kind, signature};
use crate::mistakes::Mistakes;
use crate::model::Method;

/// Reads a method; `None` if anything about it is wrong.
pub(super) fn method(
    function: &Function,
    options: &Options,
    mistakes: &mut Mistakes,
) -> Option<Method> {
    let kind = mistakes.sort(kind::kind(function, options));
    let sound = mistakes.sort(signature::sound(&function.sig));
    let params = mistakes.sort(parameters(function));
    let tools = tools(&function.words, mistakes);
    let kind = kind?;
    let output = mistakes.sort(signature::answer(&function.sig, &kind));
    sound.and(output)?;
    Some(Method {
        cfgs: conditions(&function.attrs),
        sig: function.sig.clone(),
        doc: first_paragraph(&function.attrs),
        output: output_type(&function.sig),
        params: params?,
        kind,
        tools,
    })
}

fn output_type(sig: &Signature) -> Type {
    match &sig.output {
        // What is said of an answer that is not written is said of the name.
        ReturnType::Default => syn::parse_quote_spanned!(sig.ident.span()=> ()),
        ReturnType::Type(_, ty) => (**ty).clone(),
    }
}
