import type { Http } from './http.ts';
import type { HttpAnswer } from './read-answer.ts';

/** HTTP whose last answer can be looked at: an error made of it says less. */
export interface WatchedHttp {
  readonly http: Http;
  /** The last answer and the address it came from; `undefined` before the first, and while none has come to the last request. */
  last(): { readonly url: string; readonly answer: HttpAnswer } | undefined;
}

/** Keeps the last answer, for who makes one call at a time. It may hold a token: never show it as it is. */
export function watchHttp(http: Http): WatchedHttp {
  let last: ReturnType<WatchedHttp['last']>;
  return {
    last: () => last,
    http: async (request) => {
      last = undefined;
      const answer = await http(request);
      last = { url: request.url, answer };
      return answer;
    },
  };
}
