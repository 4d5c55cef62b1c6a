/** A record as it is stored: raw values by field, every field of its class present, `''` for empty. */
export type Row = Readonly<Record<string, string>>;
