//! The catalogue's entries for what the walk checks: segments and loops in their places, elements by their form,
//! length, code and conditions, and the numbering of levels and lines.

use crate::domain::edit::edits;

edits! {
    SEGMENT_UNKNOWN "segment-unknown" "S1-10" 1 A Error/fixed ["IK3 1"] ""
        "A segment begins with an id that X12 does not know"
        "Look for a misspelt id, or a terminator inside the segment before it." at "the segment";
    SEGMENT_NOT_IN_TRANSACTION "segment-not-in-transaction" "S1-11" 1 A Error/fixed ["IK3 6"] ""
        "{segment} is no segment of this transaction"
        "Take the segment out." at "the segment";
    SEGMENT_UNEXPECTED "segment-unexpected" "S1-11" 1 A Error/fixed ["IK3 2"] ""
        "{segment} is not expected {place}"
        "Look for a segment that is missing before it, or a qualifier that is wrong." at "the segment";
    SEGMENT_OUT_OF_ORDER "segment-out-of-order" "S1-11" 1 A Error/fixed ["IK3 7"] ""
        "{segment} ({name}) comes too late in its loop"
        "Put the segments in the order of the guide." at "the segment";
    SEGMENT_NOT_USED "segment-not-used" "S2-04" 2 A Error ["IK3 I4"] ""
        "{segment} is not used {place}"
        "Check the qualifier, or take the segment out." at "the segment";
    SEGMENT_MISSING "segment-missing" "S1-12 S2-01" 2 A Error/fixed ["IK3 3"] ""
        "{segment} ({name}) is missing; it is required here"
        "Send the segment." at "where the segment should stand";
    LOOP_MISSING "loop-missing" "S2-01 S2-08" 2 A Error/fixed ["IK3 3"] ""
        "Loop {loop} ({name}) is missing; it begins with {segment}"
        "Send the loop." at "where the loop should begin";
    SEGMENT_TOO_MANY "segment-too-many" "S2-02 S2-15" 2 A Error/fixed ["IK3 5"] ""
        "{segment} ({name}) may come only {times} here"
        "Leave out what is too many." at "the first segment too many";
    LOOP_TOO_MANY "loop-too-many" "S2-02" 2 A Error/fixed ["IK3 4"] ""
        "Loop {loop} ({name}) may come only {times} here"
        "Leave out what is too many." at "the first segment of the loop too many";
    LINES_TOO_MANY "service-lines-too-many" "S2-13" 2 PID Error/fixed ["IK3 4"] "A7:121"
        "Loop {loop} ({name}) may come only {times} here"
        "Divide the claim." at "LX of the first line too many";
    HIERARCHY_NUMBER "hierarchy-number" "S2-07" 2 A Error/fixed ["IK4 I12"] ""
        "HL01 must number the HL segments 1, 2, 3 and so on; {expected} was expected here"
        "Number the levels of each transaction from 1, without a gap." at "HL01";
    HIERARCHY_PARENT "hierarchy-parent" "S2-07" 2 A Error/fixed ["IK4 I12"] ""
        "HL02 must be the number (HL01) of the level it hangs under"
        "Send HL01 of the level above." at "HL02";
    HIERARCHY_CHILDREN "hierarchy-children" "S2-07" 2 A Error/fixed ["IK4 I12"] ""
        "HL04 is {value}, but {what} level below it follows"
        "Send 1 when a level follows below, else 0." at "HL04";
    LINE_NUMBER "line-number" "S2-12" 2 PID Error ["IK4 I12"] ""
        "{element} must number the lines of a claim 1, 2, 3 and so on; {expected} was expected"
        "Number the lines of each claim from 1, without a gap." at "LX01";
    ELEMENT_MISSING "element-missing" "S2-03 S2-09" 2 A Error ["IK4 1"] ""
        "{element} is missing; it is required here"
        "Send the value." at "the element or component";
    ELEMENT_NOT_USED "element-not-used" "S2-04" 2 A Error ["IK4 I10"] ""
        "{element} must be empty here; the guide does not use it"
        "Take the value out, or move it to the element meant." at "the element or component";
    ELEMENT_CODE "element-code" "S2-05 X5-24" 2 A Error ["IK4 I6 7"] ""
        "{element} holds a code that is not allowed here"
        "Send one of the codes of the guide." at "the element or component";
    ELEMENT_FORM "element-form" "S2-05" 2 A Error ["IK4 I12"] ""
        "{element} must be {form}"
        "Send the value in that form." at "the element or component";
    ELEMENT_OVER_GUIDE_LENGTH "element-over-guide-length" "S2-06" 2 A Warning ["IK4 5"] ""
        "{element} has {count} characters; receivers need only keep {most}"
        "Shorten it where you can: the payer may cut it off." at "the element or component";
    ELEMENT_TOO_MANY "element-too-many" "S1-13" 1 A Error ["IK4 3"] ""
        "{segment} has {count} elements; it may have at most {most}"
        "Look for an element separator too many." at "the first element too many";
    ELEMENT_COMPONENTS "element-components" "S1-13" 1 A Error ["IK4 13"] ""
        "{element} has {count} components; it may have {most}"
        "Look for a component separator too many, or in a text." at "the element";
    ELEMENT_REPEATS "element-repeats" "S1-13 S2-02" 1 A Error ["IK4 12"] ""
        "{element} is repeated {count} times; {most} allowed"
        "Leave out what is too many." at "the first repetition too many";
    ELEMENT_TOO_SHORT "element-too-short" "S1-14" 1 A Error ["IK4 4"] ""
        "{element} has {count} {unit}; it must have at least {least}"
        "Send the value in full, with leading zeros where it is a code." at "the element or component";
    ELEMENT_TOO_LONG "element-too-long" "S1-14" 1 A Error ["IK4 5"] ""
        "{element} has {count} {unit}; it must have at most {most}"
        "Shorten the value." at "the element or component";
    ELEMENT_TYPE "element-type" "S1-15" 1 A Error ["IK4 6"] ""
        "{element} must be {form}; {wrong}"
        "Write digits with at most one point and a leading minus, without commas or a plus."
        at "the element or component";
    ELEMENT_DATE "element-date" "S1-15 S2-10" 1 A Error ["IK4 8"] ""
        "{element} must be {form}"
        "Send a day of the calendar, in the form that the element before it says." at "the element";
    ELEMENT_TIME "element-time" "S1-15 S2-10" 1 A Error ["IK4 9"] ""
        "{element} must be {form}"
        "Send hours 00 to 23 and minutes 00 to 59." at "the element";
    SYNTAX_NOTE "syntax-note" "S1-16" 1 A Error ["IK4 2"] ""
        "{elements}: {which} must be filled"
        "Fill what belongs together, or leave all of it empty." at "the first element that is empty";
    SYNTAX_EXCLUSION "syntax-exclusion" "S1-16" 1 A Error ["IK4 10"] ""
        "{elements}: only one of these may be filled"
        "Leave one of them empty." at "the second element that is filled";
    ELEMENT_CHARACTERS "element-characters" "S1-17" 1 A Error ["IK4 6"] ""
        "{element} holds {what}, which X12 does not allow"
        "Use letters without accents, digits and common signs only." at "the element or component";
    TRAILING_SEPARATORS "trailing-separators" "S1-18" 1 A Warning ""
        "{what} ends with separators that nothing follows"
        "Leave out what is empty at the end." at "the segment or element";
    TRAILING_SPACES "trailing-spaces" "S1-18" 1 A Warning ""
        "{element} ends with blanks{more}"
        "Leave out the blanks at the end." at "the element or component";
}
