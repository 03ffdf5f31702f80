"""The words of MongoDB 7.0 by kind, which the page of the embedded database sorts into lists."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


QUERY = _words(
    "$eq $gt $gte $in $lt $lte $ne $nin $exists $type $mod $regex $not $all $elemMatch $size "
    "$bitsAllClear $bitsAllSet $bitsAnyClear $bitsAnySet $geoIntersects $geoWithin $near "
    "$nearSphere"
)
QUERY_AT_THE_TOP = _words(
    "$and $or $nor $expr $jsonSchema $comment $text $where $alwaysTrue $alwaysFalse $sampleRate"
)
PROJECTION = _words("$elemMatch $slice $meta")
UPDATE = _words(
    "$currentDate $inc $min $max $mul $rename $set $setOnInsert $unset $addToSet $pop $pull "
    "$push $pullAll $bit"
)
STAGES = _words(
    "$addFields $bucket $bucketAuto $changeStream $changeStreamSplitLargeEvent $collStats $count "
    "$currentOp $densify $documents $facet $fill $geoNear $graphLookup $group $indexStats $limit "
    "$listLocalSessions $listSampledQueries $listSearchIndexes $listSessions $lookup $match $merge "
    "$out $planCacheStats $project $redact $replaceRoot $replaceWith $sample $search $searchMeta "
    "$set $setWindowFields $shardedDataDistribution $skip $sort $sortByCount $unionWith $unset "
    "$unwind"
)
ACCUMULATORS = _words(
    "$accumulator $addToSet $avg $bottom $bottomN $count $first $firstN $last $lastN $max $maxN "
    "$median $mergeObjects $min $minN $percentile $push $stdDevPop $stdDevSamp $sum $top $topN"
)
EXPRESSIONS = _words(
    "$abs $acos $acosh $add $allElementsTrue $and $anyElementTrue $arrayElemAt $arrayToObject "
    "$asin $asinh $atan $atan2 $atanh $avg $binarySize $bitAnd $bitNot $bitOr $bitXor $bsonSize "
    "$ceil $cmp $concat $concatArrays $cond $convert $cos $cosh $dateAdd $dateDiff "
    "$dateFromParts $dateFromString $dateSubtract $dateToParts $dateToString $dateTrunc "
    "$dayOfMonth $dayOfWeek $dayOfYear $degreesToRadians $divide $eq $exp $filter $first $firstN "
    "$floor $function $getField $gt $gte $hour $ifNull $in $indexOfArray $indexOfBytes "
    "$indexOfCP $isArray $isNumber $isoDayOfWeek $isoWeek $isoWeekYear $last $lastN $let "
    "$literal $ln $log $log10 $lt $lte $ltrim $map $max $maxN $median $mergeObjects $meta "
    "$millisecond $min $minN $minute $mod $month $multiply $ne $not $objectToArray $or "
    "$percentile $pow $radiansToDegrees $rand $range $reduce $regexFind $regexFindAll "
    "$regexMatch $replaceAll $replaceOne $reverseArray $round $rtrim $sampleRate $second "
    "$setDifference $setEquals $setField $setIntersection $setIsSubset $setUnion $sin $sinh "
    "$size $slice $sortArray $split $sqrt $stdDevPop $stdDevSamp $strLenBytes $strLenCP "
    "$strcasecmp $substr $substrBytes $substrCP $subtract $sum $switch $tan $tanh $toBool $toDate "
    "$toDecimal $toDouble $toInt $toLong $toLower $toObjectId $toString $toUpper $trim $trunc "
    "$tsIncrement $tsSecond $type $unsetField $week $year $zip"
)
INDEX_OPTIONS: dict[str, object] = {
    "unique": True,
    "sparse": True,
    "partialFilterExpression": {"b": {"$gt": 1}},
    "expireAfterSeconds": 60,
    "hidden": True,
    "collation": {"locale": "de"},
    "wildcardProjection": {"b": 1},
    "weights": {"a": 1},
    "default_language": "none",
    "2dsphereIndexVersion": 3,
    "bits": 26,
    "storageEngine": {"x": {}},
    "prepareUnique": True,
}
INDEX_KINDS: dict[str, dict[str, object]] = {
    "ascending and descending": {"a": 1},
    "compound": {"a": 1, "b": -1},
    "of a nested field": {"a.b": 1},
    "text": {"a": "text"},
    "2d": {"a": "2d"},
    "2dsphere": {"a": "2dsphere"},
    "hashed": {"a": "hashed"},
    "wildcard": {"$**": 1},
}
SCHEMA = _words(
    "bsonType type enum required properties patternProperties additionalProperties "
    "minProperties maxProperties dependencies minimum maximum exclusiveMinimum exclusiveMaximum "
    "multipleOf minLength maxLength pattern items additionalItems minItems maxItems uniqueItems "
    "allOf anyOf oneOf not title description encrypt encryptMetadata"
)
