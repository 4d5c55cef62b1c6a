import { makeRandom, type Random } from '../../../infra/local/servicenow/random.ts';

/** What a plan is drawn with. */
export type Dice = Random;

/** Dice for one part of a plan: what one part draws changes nothing in the others. */
export function diceFor(seed: number, part: number): Dice {
  return makeRandom(Math.imul(seed, 31) + part);
}

/** One of several, each as likely. */
export function oneOf<const Items extends readonly [unknown, ...unknown[]]>(dice: Dice, items: Items): Items[number] {
  return dice.pick<Items[number]>(items);
}

/** A whole number from `least` to `most`, both included. */
export function from(dice: Dice, least: number, most: number): number {
  return least + Math.floor(dice.next() * (most - least + 1));
}

/** One of several by weight. */
export function weighted<T extends { readonly weight: number }>(dice: Dice, items: readonly [T, ...T[]]): T {
  let left = dice.next() * items.reduce((sum, { weight }) => sum + weight, 0);
  for (const item of items) {
    left -= item.weight;
    if (left < 0) return item;
  }
  return items[0];
}
