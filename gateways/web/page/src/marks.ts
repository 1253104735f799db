// What this person has read, and small choices: kept in the browser.

/** Read markers of one lineage; another lineage starts empty. */
export class ReadMarks {
  private marks: Record<string, number> = {};
  private key = "";

  constructor(private readonly storage: Storage) {}

  /** Loads the markers of a lineage; where people sign in, those of one user. */
  use(lineage: string, user = ""): void {
    this.key = `outcry.read.${lineage}${user === "" ? "" : `.${user}`}`;
    this.marks = JSON.parse(this.storage.getItem(this.key) ?? "{}") as Record<string, number>;
  }

  of(room: string): number | undefined {
    return this.marks[room];
  }

  /** Markers only move forward. */
  read(room: string, seq: number): void {
    if ((this.marks[room] ?? -1) >= seq) return;
    this.marks[room] = seq;
    this.storage.setItem(this.key, JSON.stringify(this.marks));
  }
}

/** The name of this browser's user: kept, and made up the first time. */
export function loadUser(storage: Storage): string {
  const kept = storage.getItem("outcry.user");
  if (kept) return kept;
  const random = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const name = `guest-${(random % 36 ** 4).toString(36).padStart(4, "0")}`;
  saveUser(storage, name);
  return name;
}

export function saveUser(storage: Storage, name: string): void {
  storage.setItem("outcry.user", name);
}
