/** Counts how often `count` is called. */
export function counter(): { count(): void; times(): number } {
  let times = 0;
  return {
    count: () => {
      times += 1;
    },
    times: () => times,
  };
}
