/** A record as an independent reader sees it. */
export interface PublishedRecord {
  offset: number;
  key: string;
  value: string;
  position: number | null;
}
