// The faults that scripts/mutate puts into a source: small, typical, and each at a place of the syntax tree.
"use strict";
const fs = require("fs");
const solc = require("solc");

const SWAPS = {
  "<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
  "&&": ["||"], "||": ["&&"], "+": ["-"], "-": ["+"], "*": ["/"], "/": ["*"], "%": ["*"], "**": ["*"],
  "&": ["|"], "|": ["&"], "^": ["&"], "<<": [">>"], ">>": ["<<"],
  "+=": ["-=", "="], "-=": ["+=", "="], "*=": ["/="], "/=": ["*="], "|=": ["&=", "="], "&=": ["|=", "="],
  "^=": ["="], "<<=": [">>="], ">>=": ["<<="], "++": ["--"], "--": ["++"],
};

/** The syntax tree of one file, without its imports. */
function parse(file, content) {
  const input = {
    language: "Solidity",
    sources: { [file]: { content } },
    settings: { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input)));
  if (!output.sources?.[file]?.ast) throw new Error(output.errors.map((e) => e.formattedMessage).join("\n"));
  return output.sources[file].ast;
}

/** [{key, diff, text}]: a name that stays the same when lines move, what changed, and the whole mutated file. */
exports.of = (file, enums) => {
  const bytes = fs.readFileSync(file);
  const found = [];
  const names = new Map();
  const range = (node) => {
    const [start, length] = node.src.split(":").map(Number);
    return [start, start + length];
  };
  const text = (from, to) => bytes.subarray(from, to).toString();

  /** Replaces [from, to) by `by`; shown as part of `node`. */
  const add = (where, node, from, to, by) => {
    const [start, end] = range(node);
    const show = (s) => s.replace(/\s+/g, " ").trim();
    const [old, new_] = [text(start, end), text(start, Math.min(from, end)) + by + text(to, Math.max(to, end))];
    let key = `${where}: ${show(old)} → ${show(new_)}`;
    const count = (names.get(key) ?? 0) + 1;
    names.set(key, count);
    if (count > 1) key += ` #${count}`;
    const line = text(0, from).split("\n").length;
    found.push({ key, diff: `${file}:${line}\n- ${show(old)}\n+ ${show(new_)}`, text: text(0, from) + by + text(to) });
  };
  const replace = (where, node, by) => add(where, node, ...range(node), by);
  const remove = (where, node) => {
    const [start, end] = range(node);
    const semicolon = text(end).match(/^\s*;/);
    add(where, node, start, end + (semicolon ? semicolon[0].length : 0), "{}");
  };
  /** Another operator between two neighbours. */
  const swap = (where, node, from, to, operator) => {
    const at = from + text(from, to).indexOf(operator);
    for (const other of SWAPS[operator] ?? []) add(where, node, at, at + operator.length, other);
  };

  const rules = {
    BinaryOperation: (n, where) => swap(where, n, range(n.leftExpression)[1], range(n.rightExpression)[0], n.operator),
    Assignment: (n, where) => swap(where, n, range(n.leftHandSide)[1], range(n.rightHandSide)[0], n.operator),
    UnaryOperation: (n, where) => {
      const [start, end] = range(n);
      const [from, to] = range(n.subExpression);
      if (n.operator === "!" || n.operator === "~") add(where, n, start, from, "");
      else swap(where, n, n.prefix ? start : to, n.prefix ? from : end, n.operator);
    },
    Conditional: (n, where) => {
      const [yes, no] = [text(...range(n.trueExpression)), text(...range(n.falseExpression))];
      add(where, n, range(n.trueExpression)[0], range(n.falseExpression)[1], `${no} : ${yes}`);
    },
    IfStatement: (n, where) => ["true", "false"].forEach((b) => replace(where, n.condition, b)),
    ForStatement: (n, where) => n.condition && replace(where, n.condition, "false"),
    WhileStatement: (n, where) => replace(where, n.condition, "false"),
    ExpressionStatement: (n, where) => remove(where, n),
    EmitStatement: (n, where) => remove(where, n),
    RevertStatement: (n, where) => remove(where, n),
    InlineAssembly: (n, where) => remove(where, n),
    Literal: (n, where) => {
      if (n.kind === "bool") replace(where, n, n.value === "true" ? "false" : "true");
      if (n.kind === "number") replace(where, n, `(${text(...range(n))} + 1)`);
    },
    MemberAccess: (n, where) => {
      const members = enums[n.expression.name];
      const at = members?.indexOf(n.memberName) ?? -1;
      if (at >= 0) replace(where, n, `${n.expression.name}.${members[(at + 1) % members.length]}`);
    },
    ModifierInvocation: (n, where) => replace(where, n, ""),
    Return: (n, where, outer) => {
      const [type, more] = outer?.returnParameters?.parameters ?? [];
      const e = n.expression;
      if (!e || more || type?.typeName.nodeType !== "ElementaryTypeName") return;
      if (type.typeName.name === "bool") replace(where, e, `!(${text(...range(e))})`);
      if (type.typeName.name.startsWith("uint")) replace(where, e, `(${text(...range(e))}) + 1`);
    },
  };

  /** Only code is mutated: bodies, modifiers of functions, and the values of constants. */
  const walk = (node, where, outer, code) => {
    if (!node || typeof node !== "object") return;
    if (Array.isArray(node)) return node.forEach((n) => walk(n, where, outer, code));
    const kind = node.nodeType;
    if (kind === "FunctionDefinition" || kind === "ModifierDefinition") {
      const named = node.name || node.kind;
      // A constructor's "modifiers" are the constructors of its bases.
      if (node.kind !== "constructor") walk(node.modifiers, named, node, true);
      return walk(node.body, named, node, true);
    }
    if (kind === "VariableDeclaration" && !code) return walk(node.value, node.name, outer, true);
    if (code) rules[kind]?.(node, where, outer);
    // What a type or an assembly block is made of is none of our rules' business.
    if (kind === "InlineAssembly" || kind?.endsWith("TypeName")) return;
    for (const [key, child] of Object.entries(node)) if (key !== "typeName") walk(child, where, outer, code);
  };
  walk(parse(file, bytes.toString()).nodes, "", null, false);
  return found;
};
