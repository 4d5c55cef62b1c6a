/** How every secret of a run begins, those of orders and those of connections. */
export const CANARY = 'S3cr3t!canary';

/** A secret that must come out nowhere; no two are the same. */
export function canary(number: number, where: string): string {
  return `${CANARY}-${where}-${number}-end`;
}
