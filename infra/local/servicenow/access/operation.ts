/** What an access control is about. */
export type Operation = 'read' | 'create' | 'write' | 'delete';
