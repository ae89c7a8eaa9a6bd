"""A seeded population of prospects, and the truth about what must become of them.

This package makes people up and says what is right for each; it serves nothing, and it never uses
the pipeline's own rules to say so. `Population` is the whole of its interface.
"""

from pardot_odoo_pipeline.sandbox.population.planted import PlantedProspect, Truth
from pardot_odoo_pipeline.sandbox.population.population import Population
from pardot_odoo_pipeline.sandbox.population.rates import GENERATOR_VERSION
from pardot_odoo_pipeline.sandbox.population.truth import (
    Counts,
    ExpectedPerson,
    GroundTruth,
    Outcome,
)

__all__ = [
    "GENERATOR_VERSION",
    "Counts",
    "ExpectedPerson",
    "GroundTruth",
    "Outcome",
    "PlantedProspect",
    "Population",
    "Truth",
]
