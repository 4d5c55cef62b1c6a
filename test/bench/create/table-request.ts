/** The line that stands for one request to table storage. */
export const TABLE_REQUEST = 'bench: a request to table storage';
