import type { asn1 } from 'node-forge';

type Node = asn1.Asn1;

/** Reads the nested values of a PFX file (ASN.1 in BER or DER). Everything throws where the file is not as expected. */
export interface PfxBer {
  /** The one value that fills the bytes. */
  read(bytes: Buffer): Node;
  /** The value at a path of positions. */
  at(node: Node, ...path: readonly number[]): Node;
  /** The values inside a sequence or a tag. */
  inside(node: Node): readonly Node[];
  /** The content of a string of octets, one in chunks too. */
  octets(node: Node): Buffer;
  oid(node: Node): string;
  integer(node: Node): number;
  /** A value as the DER bytes that it stands for. */
  der(node: Node): Buffer;
}

/** Loads the reader of node-forge; its types take bytes as texts of one character per byte. */
export async function loadPfxBer(): Promise<PfxBer> {
  const { default: asn1 } = await import('node-forge/lib/asn1.js');

  function inside(node: Node): readonly Node[] {
    if (typeof node.value === 'string') throw new TypeError('Expected values inside a value, got octets');
    return node.value;
  }

  function octets(node: Node): Buffer {
    return typeof node.value === 'string' ? Buffer.from(node.value, 'binary') : Buffer.concat(node.value.map(octets));
  }

  function child(node: Node, index: number): Node {
    const found = inside(node)[index];
    if (!found) throw new TypeError('Expected one more value inside a value, got none');
    return found;
  }

  return {
    read: (bytes) => asn1.fromDer(bytes.toString('binary')),
    at: (node, ...path) => path.reduce(child, node),
    inside,
    octets,
    oid: (node) => asn1.derToOid(octets(node).toString('binary')),
    integer: (node) => asn1.derToInteger(octets(node).toString('binary')),
    der: (node) => Buffer.from(asn1.toDer(node).getBytes(), 'binary'),
  };
}
