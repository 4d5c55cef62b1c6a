interface Common {
  /** What people see as its name. */
  readonly label: string;
  /** The value of a new record that gives none. */
  readonly default?: string;
  /** Only the instance itself writes it. */
  readonly readOnly?: true;
}

/** A column of the dictionary. Every value is stored as a string, `''` for empty. */
export type Field = Common &
  (
    | { readonly type: 'string'; readonly maxLength?: number }
    | { readonly type: 'boolean' | 'integer' | 'glide_date_time' | 'journal' | 'password' | 'sys_class_name' }
    | { readonly type: 'reference'; readonly table: string }
    | {
        readonly type: 'choice';
        /** Label by value. */
        readonly choices: Readonly<Record<string, string>>;
        /** Values that are accepted, but no longer offered. */
        readonly inactive?: readonly string[];
        /** For which values of another field a value is offered; only forms look at it. */
        readonly dependsOn?: Readonly<Record<string, readonly string[]>>;
      }
  );

/** The columns of a table by name. */
export type Fields = Readonly<Record<string, Field>>;
