import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the heap of this process close to what lives in it. A page is half a megabyte of text that nobody needs a moment
 * later, and V8 would let it pile up for as long as memory is left: an export of ten times the rows takes half as much
 * again then (`npm run bench -- export`). Both are read by V8 at every collection: new space stays at the size it has, and
 * old space may grow by at most 80 % between two collections. It costs no speed that can be measured.
 */
export function boundHeap(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--heap-growing-percent=80');
}
