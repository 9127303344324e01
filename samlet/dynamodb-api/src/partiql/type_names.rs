//! The names of types after `IS`.

use super::malformed;
use super::reader::Reader;
use super::syntax::TypeName;
use super::tokens::Token;
use crate::{AttributeType, Refusal};

/// Reads a type's name, with a length or a precision, which mean nothing.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<TypeName, Refusal> {
    let refusal = || malformed("Expected type name");
    let Some(Token::Word(word)) = reader.next() else {
        return Err(refusal());
    };
    let name = match word.to_ascii_uppercase().as_str() {
        "DOUBLE" if reader.take_word("precision") => TypeName::Unknown("DoublePrecisionType"),
        "CHARACTER" if reader.take_word("varying") => TypeName::Unknown("CharacterVaryingType"),
        word => named(word).ok_or_else(refusal)?,
    };
    if reader.take_sign("(") {
        while !reader.take_sign(")") {
            match reader.next() {
                Some(Token::Number(_) | Token::Sign(",")) => {}
                _ => return Err(refusal()),
            }
        }
    }
    Ok(name)
}

/// The type of a name in upper case.
fn named(word: &str) -> Option<TypeName> {
    use TypeName::{Known, Unknown};
    Some(match word {
        "MISSING" => TypeName::Missing,
        "NULL" => Known(AttributeType::Null),
        "BOOL" | "BOOLEAN" => Known(AttributeType::Bool),
        "BLOB" => Known(AttributeType::B),
        "STRING" => Known(AttributeType::S),
        "NUMERIC" => Known(AttributeType::N),
        "STRUCT" | "TUPLE" => Known(AttributeType::M),
        "LIST" => Known(AttributeType::L),
        "SMALLINT" => Unknown("SmallintType"),
        "INT" | "INTEGER" => Unknown("IntegerType"),
        "INT4" => Unknown("Integer4Type"),
        "INT8" | "BIGINT" => Unknown("Integer8Type"),
        "FLOAT" => Unknown("FloatType"),
        "REAL" => Unknown("RealType"),
        "DECIMAL" => Unknown("DecimalType"),
        "TIMESTAMP" => Unknown("TimestampType"),
        "DATE" => Unknown("DateType"),
        "TIME" => Unknown("TimeType"),
        "CHAR" | "CHARACTER" => Unknown("CharacterType"),
        "VARCHAR" => Unknown("CharacterVaryingType"),
        "SYMBOL" => Unknown("SymbolType"),
        "CLOB" => Unknown("ClobType"),
        "SEXP" => Unknown("SexpType"),
        "BAG" => Unknown("BagType"),
        "ANY" => Unknown("AnyType"),
        _ => return None,
    })
}

/// The name that a type has after `IS`; sets have none.
pub(super) fn name(kind: AttributeType) -> Option<&'static str> {
    match kind {
        AttributeType::Null => Some("NULL"),
        AttributeType::Bool => Some("BOOLEAN"),
        AttributeType::B => Some("BLOB"),
        AttributeType::S => Some("STRING"),
        AttributeType::N => Some("NUMERIC"),
        AttributeType::M => Some("STRUCT"),
        AttributeType::L => Some("LIST"),
        AttributeType::Ss | AttributeType::Ns | AttributeType::Bs => None,
    }
}
