import type { Table } from '../table.ts';

/**
 * What is known of the files at records; the bytes are kept beside. Who may not read the record sees no attachment of it.
 * Fields are those of the samples in the documentation of the Attachment API; nothing is compressed here.
 */
export const sysAttachment: Table = {
  name: 'sys_attachment',
  label: 'Attachment',
  display: 'file_name',
  fields: {
    table_name: { type: 'string', label: 'Table name', maxLength: 80 },
    table_sys_id: { type: 'string', label: 'Table sys ID', maxLength: 32 },
    file_name: { type: 'string', label: 'File name', maxLength: 100 },
    content_type: { type: 'string', label: 'Content type', maxLength: 255 },
    size_bytes: { type: 'integer', label: 'Size bytes' },
    size_compressed: { type: 'integer', label: 'Size compressed' },
    compressed: { type: 'boolean', label: 'Compressed', default: 'false' },
    hash: { type: 'string', label: 'Hash', maxLength: 64 },
    average_image_color: { type: 'string', label: 'Average image color', maxLength: 40 },
    image_height: { type: 'integer', label: 'Image height' },
    image_width: { type: 'integer', label: 'Image width' },
  },
};
