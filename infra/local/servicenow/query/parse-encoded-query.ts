import { type EncodedQuery, type Operator, type Order, operators, type Term } from './encoded-query.ts';

/**
 * Reads an encoded query; never throws: a term that makes no sense becomes `undefined`, as the instance only ignores it.
 * `^OR` binds to the term immediately before and tighter than `^`; `^NQ` begins another group; `^EQ` means nothing;
 * `^^` is a caret within a value (`GlideStringUtil.escapeQueryTermSeparator`).
 * Source: "Encoded query strings" and "Operators available for filters and queries" of the product documentation.
 */
export function parseEncodedQuery(text: string): EncodedQuery {
  const groups: Term[][][] = [[]];
  const orders: Order[] = [];
  for (const part of splitTerms(text)) {
    if (part === '' || part === 'EQ') continue;
    const order = /^(?:OR)?ORDERBY(DESC)?([a-z0-9_.]+)$/.exec(part);
    if (order?.[2] !== undefined) {
      orders.push({ field: order[2], descending: order[1] !== undefined });
      continue;
    }
    if (part.startsWith('NQ')) {
      groups.push([]);
      addClause(groups, part.slice(2));
    } else if (part.startsWith('OR')) {
      const clause = groups.at(-1)?.at(-1);
      if (clause === undefined) addClause(groups, part.slice(2));
      else clause.push(parseTerm(part.slice(2)));
    } else {
      addClause(groups, part);
    }
  }
  return { groups, orders };
}

function addClause(groups: Term[][][], part: string): void {
  if (part !== '') groups.at(-1)?.push([parseTerm(part)]);
}

/** Separators become carets only in pairs, read from the left: "a=E^^^b=1" is the two terms "a=E^" and "b=1". */
function splitTerms(text: string): string[] {
  const terms = [''];
  for (const [token] of text.matchAll(/\^\^|\^|[^^]+/g)) {
    if (token === '^') terms.push('');
    else terms.push((terms.pop() ?? '') + (token === '^^' ? '^' : token));
  }
  return terms;
}

function parseTerm(text: string): Term {
  const field = /^[a-z0-9_.]+/.exec(text)?.[0];
  if (field === undefined) return undefined;
  const rest = text.slice(field.length);
  const operator: Operator | undefined = operators.find((candidate) => rest.startsWith(candidate));
  if (operator === undefined) return undefined;
  return { field, operator, value: rest.slice(operator.length) };
}
