/** What the path of an Attachment API request names. */
export type AttachmentTarget = { readonly api: 'attachment'; readonly table: 'sys_attachment' } & (
  | { readonly resource: 'list' | 'upload'; readonly sysId?: undefined }
  /** `content` is the file, `metadata` what is known of it. */
  | { readonly resource: 'metadata' | 'content'; readonly sysId: string }
);

/** Reads "/api/now[/v1]/attachment[/file|/{sys_id}[/file]]", or gives `undefined` for any other path. */
export function readAttachmentTarget(path: string): AttachmentTarget | undefined {
  const match = /^\/api\/now(?:\/v1)?\/attachment(?:\/(?<name>[^/]+)(?<file>\/file)?)?\/?$/.exec(path);
  if (match === null) return undefined;
  const { name, file } = match.groups ?? {};
  const target = { api: 'attachment', table: 'sys_attachment' } as const;
  if (name === undefined) return { ...target, resource: 'list' };
  if (name === 'file' && file === undefined) return { ...target, resource: 'upload' };
  return { ...target, resource: file === undefined ? 'metadata' : 'content', sysId: name };
}
