"""The evaluation of Content Security Policies: policies in, findings out. Pure; imports the model only.

Three sets of checks: `plain` and `strict` are csp_evaluator's, `leadline` says what browsers do (CSP3) where that tool
is silent or wrong. Rules and the command line read the same findings.
"""

from scanner.rules.csp_evaluation.evaluate import NO_POLICY, evaluate, reused_nonces
from scanner.rules.csp_evaluation.finding import CspFinding, CspSet, CspSeverity

__all__ = ["NO_POLICY", "CspFinding", "CspSet", "CspSeverity", "evaluate", "reused_nonces"]
