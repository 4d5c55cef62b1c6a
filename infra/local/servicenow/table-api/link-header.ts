import type { ApiRequest } from '../requests/api-request.ts';

/**
 * The `Link` header of a page, or `undefined` when one page holds all. `total` is `undefined` when nobody counted: then
 * there is no last page to name. The form is that of instances in use: no space after the semicolon.
 */
export function linkHeader(
  origin: string,
  { path, query }: ApiRequest,
  page: { readonly offset: number; readonly limit: number; readonly windowLength: number; readonly total?: number },
): string | undefined {
  const { offset, limit, windowLength, total } = page;
  const isLast = total === undefined ? windowLength < limit : offset + limit >= total;
  if (offset === 0 && isLast) return undefined;
  const link = (rel: string, at: number) => {
    const parameters = new URLSearchParams(query);
    parameters.set('sysparm_limit', String(limit));
    parameters.set('sysparm_offset', String(at));
    return `<${origin}${path}?${parameters}>;rel="${rel}"`;
  };
  return [
    link('first', 0),
    ...(isLast ? [] : [link('next', offset + limit)]),
    ...(offset === 0 ? [] : [link('prev', Math.max(0, offset - limit))]),
    ...(total === undefined ? [] : [link('last', Math.max(0, Math.ceil(total / limit) - 1) * limit)]),
  ].join(',');
}
