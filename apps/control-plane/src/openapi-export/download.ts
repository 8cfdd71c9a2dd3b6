/** Headers of a file to save. Names come from ids, so nothing in them needs quoting. */
export const download = (contentType: string, fileName: string) => ({
  'content-type': contentType,
  'content-disposition': `attachment; filename="${fileName}"`,
});
