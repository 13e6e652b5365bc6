import { Button, chakra, HStack } from "@chakra-ui/react";
import { FiDownload } from "react-icons/fi";

import { serverUrl } from "src/api/client";

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

interface FrameProps {
  /** As the server renders a card. */
  readonly html: string;
  readonly title: string;
}

/**
 * A model card, which Dag authors write: its frame runs no script, submits no form, opens nothing
 * and has an origin of its own, and the policy that comes first lets it load nothing.
 */
export function CardFrame({ html, title }: FrameProps) {
  const policy = `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`;
  return (
    <chakra.iframe
      bg="white"
      borderRadius="md"
      borderWidth="1px"
      height="70vh"
      minH="24rem"
      sandbox=""
      srcDoc={withPolicy(html, policy)}
      title={title}
      width="full"
    />
  );
}

/** The policy as the very first thing of the document, after its doctype. */
function withPolicy(html: string, policy: string): string {
  const doctype = /^\s*<!doctype[^>]*>/i.exec(html)?.[0] ?? "<!doctype html>";
  const rest = html.replace(/^\s*<!doctype[^>]*>/i, "");
  return `${doctype}${policy}${rest}`;
}

const FORMATS = [
  ["json", "JSON"],
  ["md", "Markdown"],
  ["html", "HTML"],
] as const;

export function CardDownloads({ evidenceId }: { readonly evidenceId: string }) {
  return (
    <HStack gap={2} wrap="wrap">
      {FORMATS.map(([format, name]) => (
        <Button asChild key={format} size="sm" variant="outline">
          <a
            download={`model-card-${evidenceId}.${format}`}
            href={serverUrl(`governance/v1/cards/${evidenceId}.${format}`)}
          >
            <FiDownload aria-hidden="true" /> {name}
          </a>
        </Button>
      ))}
    </HStack>
  );
}
