import { Component, type ReactNode } from "react";

import { Failure } from "src/components/Faces";

interface BoundaryProps {
  readonly label: string;
  readonly children: ReactNode;
}

/** A page that breaks leaves the others, and Airflow around it, in working order. */
export class PageBoundary extends Component<BoundaryProps, { error: unknown }> {
  override state: { error: unknown } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override render() {
    if (this.state.error === undefined) return this.props.children;
    return (
      <Failure
        error={this.state.error}
        onRetry={() => {
          this.setState({ error: undefined });
        }}
        what={`The page ${this.props.label} could not be shown`}
      />
    );
  }
}
