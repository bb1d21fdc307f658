/** A button by which a person chooses files. */
import { useRef } from 'react';

export function FileButton({
  label,
  fileLabel,
  onFiles,
  accept,
  multiple = false,
  disabled = false,
  title,
  testId,
}: {
  label: string;
  /** Names the input. */
  fileLabel: string;
  /** At least one. */
  onFiles: (files: File[]) => void;
  accept?: string;
  multiple?: boolean;
  disabled?: boolean;
  title?: string;
  testId: string;
}) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" disabled={disabled} title={title} onClick={() => input.current?.click()}>
        {label}
      </button>
      <input
        ref={input}
        type="file"
        multiple={multiple}
        accept={accept}
        className="sr-only"
        tabIndex={-1}
        aria-label={fileLabel}
        data-testid={testId}
        onChange={({ target }) => {
          const files = [...(target.files ?? [])];
          // The same file can be chosen again.
          target.value = '';
          if (files.length > 0) onFiles(files);
        }}
      />
    </>
  );
}
