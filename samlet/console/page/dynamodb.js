// Reads, checks and shows items in DynamoDB's JSON.

const IS = {
  S: (value) => typeof value === "string",
  N: isNumber,
  B: isBase64,
  BOOL: (value) => typeof value === "boolean",
  NULL: (value) => value === true,
  SS: (value) => isSet(value, IS.S),
  NS: (value) => isSet(value, isNumber),
  BS: (value) => isSet(value, isBase64),
};
const WANTED = {
  S: "a text",
  N: 'a number as a text, such as "4.5"',
  B: "Base64",
  BOOL: "true or false",
  NULL: "true",
  SS: "a list of different texts, not empty",
  NS: "a list of different numbers as texts, not empty",
  BS: "a list of different Base64 texts, not empty",
};

function isNumber(value) {
  return typeof value === "string" && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value);
}

function isBase64(value) {
  return typeof value === "string" && value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
}

function isSet(value, is) {
  return Array.isArray(value) && value.length > 0 && value.every(is) && new Set(value).size === value.length;
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

/** What is wrong with an item's text, in words; an empty list when nothing is. */
export function problems(text, key) {
  let item;
  try {
    item = JSON.parse(text);
  } catch (error) {
    return [`This is no JSON: ${error.message}`];
  }
  if (!isObject(item)) return ["An item is an object: {…}"];
  const found = Object.entries(item).flatMap(([name, value]) => valueProblems(name, value));
  return [...keyProblems(item, key), ...found];
}

function keyProblems(item, key) {
  return key.flatMap(({ name, type }) => {
    if (!(name in item)) return [`The key attribute ${name} is missing: "${name}": {"${type}": "…"}`];
    if (!isObject(item[name]) || !(type in item[name])) return [`The key attribute ${name} must be of type ${type}.`];
    return item[name][type] === "" ? [`The key attribute ${name} must not be empty.`] : [];
  });
}

function valueProblems(path, value) {
  const types = isObject(value) ? Object.keys(value) : [];
  if (types.length !== 1) return [`${path} must be an object with one type, such as {"S": "text"} or {"N": "1"}.`];
  const [type] = types;
  const inner = value[type];
  if (type === "L") {
    if (!Array.isArray(inner)) return [`${path}.L must be a list.`];
    return inner.flatMap((each, index) => valueProblems(`${path}[${index}]`, each));
  }
  if (type === "M") {
    if (!isObject(inner)) return [`${path}.M must be an object.`];
    return Object.entries(inner).flatMap(([name, each]) => valueProblems(`${path}.${name}`, each));
  }
  if (!IS[type]) return [`${path} has the unknown type ${type}; there are S, N, B, BOOL, NULL, L, M, SS, NS and BS.`];
  return IS[type](inner) ? [] : [`${path}.${type} must be ${WANTED[type]}.`];
}

/** A value in short, as in a table's cell. */
export function plain(value) {
  const [[type, inner]] = Object.entries(value);
  if (type === "NULL") return "null";
  if (type === "L" || type === "M") return JSON.stringify(simple(value));
  if (Array.isArray(inner)) return inner.join(", ");
  return String(inner);
}

function simple(value) {
  const [[type, inner]] = Object.entries(value);
  if (type === "L") return inner.map(simple);
  if (type === "M") return Object.fromEntries(Object.entries(inner).map(([name, each]) => [name, simple(each)]));
  if (type === "N") return Number(inner);
  return type === "NULL" ? null : inner;
}

/** The key's attributes of an item. */
export function keyOf(item, key) {
  return Object.fromEntries(key.map(({ name }) => [name, item[name]]));
}

/** An item with nothing but an empty key, to begin with. */
export function blankItem(key) {
  return Object.fromEntries(key.map(({ name, type }) => [name, { [type]: "" }]));
}

/** The names of the items' attributes, the key's first. */
export function attributes(items, key) {
  const names = new Set(key.map(({ name }) => name));
  for (const item of items) for (const name of Object.keys(item)) names.add(name);
  return [...names];
}
